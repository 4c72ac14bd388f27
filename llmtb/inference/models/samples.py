"""Texts that checks and measurements of models use."""

SENTENCES = (
    "How do I reset my modem to its factory settings?",
    "Your invoice is sent on the first day of every month.",
    "چطور مودم را به تنظیمات کارخانه برگردانم؟",
    "صورت‌حساب شما روز اول هر ماه فرستاده می‌شود.",
    "Bagaimana cara mengganti kata sandi jaringan nirkabel saya?",
    "Teknisi datang antara pukul sembilan pagi dan dua belas siang.",
    "Como altero a data de vencimento da minha fatura?",
    "A velocidade da ligação depende do plano que contratou.",
    "我怎样查看这个月还剩多少流量？",
    "如果指示灯是红色的，请重新启动路由器。",
)
PROMPTS = (
    "<|im_start|>system\nYou answer in one sentence.<|im_end|>\n<|im_start|>user\n"
    "Why does a modem have to be restarted now and then?<|im_end|>\n<|im_start|>assistant\n",
    "The three most common reasons for a slow internet connection at home are the following. First,"
    " the wireless signal is weak, because walls and other devices are in its way. Second, too many"
    " people use the line at the same time. Third,",
)
