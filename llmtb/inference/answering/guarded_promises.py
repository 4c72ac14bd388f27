"""What the guards look for about own accounts and promises, by language: data, as `guarded`."""

# The asker's own account, which no document knows.
OWN: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:what(?:'?s| is| was)|how much is|how high is|show(?: me)?|"
        r"tell me|give me|read(?: me)?)\b (?:\w+ ){0,3}?my "
        r"(?:\w+ ){0,2}?(?:balance|bill|invoice|debt|usage|due amount|"
        r"outstanding|customer number|account number|contract number|"
        r"ip address|password|pin|puk)\b",
        r"\bhow much (?:\w+ ){0,3}(?:do|must|did|should) i (?:still |"
        r"currently )?(?:owe|have to pay this|pay last|use this|used)\b",
        r"\bwhen (?:does|do|will|did) my (?:\w+ )?(?:contract|plan|subscription|"
        r"package|service) (?:end|expire|run out|finish)",
        r"\b(?:has|have|did|was|is) (?:you received )?my (?:\w+ )?(?:payment|"
        r"ticket|order|refund|complaint|request|application) "
        r"(?:arrive|arrived|been|gone|go through|received|processed|"
        r"done|ready|on its way|approved|closed)",
        r"\bwhere(?:'?s| is) my (?:\w+ )?(?:order|technician|refund|payment|package|ticket)\b",
        r"\bwhat(?:'?s| is) the (?:status|state) of my\b|\bwhy (?:is|"
        r"was) my (?:\w+ )?(?:bill|invoice) (?:so|this|last|\d)",
    ),
    "fa": (
        r"(?:موجودی|مانده|بدهی|صورت ?حساب|قبض|مصرف|حجم باقی ?مانده)(?: ی)?(?: حساب)?(?: این "
        r"ماه)?(?: من| م| ام|م)? (?:من )?(?:چقدر|چقدره|چنده|چند تومان|"
        r"چند است|چقدر است|چقدر شده)",
        r"(?:من )?چقدر (?:بدهکار|بدهی دارم|باید بدم این ماه|حجم (?:دارم|"
        r"مانده|مونده)|مصرف کرده ?ام|مصرف کردم)",
        r"(?:قرارداد|اشتراک|سرویس|بسته)(?: م|م| من| ام) (?:کی|چه زمانی|"
        r"چه موقع|چه تاریخی) (?:تمام|تموم|منقضی|به پایان)",
        r"(?:پرداخت|تیکت|سفارش|درخواست|شکایت|مرجوعی)(?: م|م| من| ام)? (?:من )?(?:رسید|"
        r"رسیده|ثبت شد|ثبت شده|انجام شد|کجاست|به کجا رسید|چی شد|در چه وضعیت)",
    ),
    "id": (
        r"\b(?:berapa|tampilkan|sebutkan|tolong cek|cek)\b (?:\w+ ){0,3}?(?:saldo|"
        r"tagihan|utang|tunggakan|pemakaian|sisa kuota|kuota)(?: \w+)? (?:saya|"
        r"ku|aku)\b",
        r"\bkapan (?:kontrak|paket|langganan|layanan)(?: \w+)? saya (?:habis|berakhir|selesai)",
        r"\b(?:apakah|sudah ?kah|sudah|di ?mana|bagaimana status) (?:\w+ )?(?:pembayaran|"
        r"pesanan|tiket|pengaduan|refund|teknisi|permintaan) saya",
    ),
    "pt": (
        r"\b(?:qual|quanto|mostr[ae]|dig[ao]|diz|diga-me)\b (?:\w+ ){0,3}?(?:d?[oa] )?(?:meu"
        r"|minha) (?:\w+ )?(?:saldo|fatura|factura|dívida|divida|consumo|"
        r"conta|débito|debito)\b(?! (?:\w+ )?(?:vence|chega|fecha))",
        r"\bquanto (?:é que )?(?:eu )?(?:devo|estou a dever|estou devendo|gastei|consumi)\b",
        r"\bquando (?:é que )?(?:\w+ )?(?:o )?(?:meu|minha) (?:\w+ )?(?:contrato|"
        r"plano|assinatura) (?:termina|acaba|expira|vence)",
        r"\b(?:onde está|onde esta|cadê|cade|já receberam|ja receberam|"
        r"qual o estado d[oa]|qual o status d[oa]|já chegou|foi recebid[oa]) (?:[oa] )?(?:me"
        r"u|minha)",
    ),
    "zh": (
        r"我(?:的)?(?:账户|帐户|本月|这个月|上个月|现在|目前|宽带|还)*(?:的)?(?:余额|"
        r"账单|欠费|用量|流量|费用)(?:还)?(?:是|有|剩|剩下|还剩)?多少",
        r"我(?:现在|目前|一共|总共|还)*欠(?:了|费)?(?:你们)?多少|我(?:这个月|"
        r"本月|上个月|已经)*用了多少",
        r"我的(?:合同|套餐|服务)(?:什么时候|何时|哪天|几号)(?:到期|结束|截止)",
        r"我的(?:付款|缴费|工单|订单|投诉|退款|申请)(?:到了|收到|处理|怎么样|在哪|进度|到哪)",
    ),
}
# How, where and whether such a thing can be seen is an ordinary question.
HOW: dict[str, str] = {
    "en": (
        r"\b(?:how (?:do|can|could|would|to|should) (?:i|we|one|you)?|where (?:do|"
        r"can|could|would|to)|can i|is there|which page|what does)"
    ),
    "fa": r"چطور|چطوری|چگونه|از کجا|کجا (?:می|ببین)|راه(?:ی)? (?:برای|هست)|میشه|می شود|امکان",
    "id": r"\b(?:bagaimana|gimana|cara|di ?mana (?:saya|bisa|melihat)|bisakah|bisa tidak)\b",
    "pt": r"\b(?:como|onde (?:posso|vejo|consigo|é que)|posso|dá para|é possível|consigo)\b",
    "zh": r"怎么|如何|怎样|在哪(?:里|儿)?(?:查|看|可以)|可以(?:在|查)|能不能",
}

# A word is to be given, or is said to have been given.
PROMISES: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:promise|guarantee|assure|swear to|give) (?:me|us)\b.{0,20}\b(?:that|"
        r"your word|in writing|it|this|you|a|the|i|we|my|right now)\b(?<!give me the)(?<!giv"
        r"e me it)(?<!give me a)(?<!give me my)(?<!give me this)",
        r"\b(?:can|could|will|would|do) you (?:please |also |really |"
        r"personally )?(?:promise|guarantee|assure|swear|commit)\b",
        r"\byou (?:\w+ )?(?:promised|guaranteed|assured)\b|\b(?:i was|"
        r"we were|i've been|i have been) (?:promised|guaranteed|assured)\b",
        r"\b(?:(?:your|an?|the|another|one of your) )?(?:colleague|agent|"
        r"operator|employee|manager|rep\w*|supervisor|sales\w*|friend|"
        r"neighbou?r)\b.{0,20}\b(?:told|said|promised|confirmed|agreed|"
        r"offered)\b",
        r"\b(?:give|grant|offer|get|make) (?:me|us)\b (?:\w+ ){0,3}?(?:\d+ ?%|"
        r"discount|free|refund|compensation|half price|special price|"
        r"better price|cheaper|credit|deal)\b",
        r"\b(?:i|we) (?:demand|insist|deserve)\b|\b(?:waive|cancel|delete|"
        r"erase|write off|forgive) (?:\w+ )?my (?:\w+ )?(?:debt|fee|"
        r"fine|bill|invoice|charges?)\b",
        r"\bwithout (?:me |my )?paying\b|\bfor free,? (?:right )?now\b",
        r"\b(?:confirm|agree|say|admit|state|put in writing)\b (?:now |"
        r"to me |me |in writing )*(?:that )?(?:i|you|my|it|we|the)\b.{0,30}\b(?:will|"
        r"get|owe|be|am|are|is|free|refund|discount|entitled)\b",
    ),
    "fa": (
        r"(?:قول|تضمین|تعهد|اطمینان|ضمانت)(?: (?:می|ب|صد ?در ?صد|کتبی|"
        r"بهم|به من))* ?(?:بده|بدید|بدهید|میدی|میدید|می دی|می دید|می دهید|"
        r"میدهید|کن|کنید|می کنی|می کنید|میکنی|میکنید|دادید|دادی|داده)",
        r"(?:همکار|اپراتور|کارمند|کارشناس|مدیر)(?: تان| تون|تون|تان|"
        r" شما|ان شما| های شما|تون)?(?: \S+){0,3} (?:گفت|قول|وعده|تایید کرد)",
        r"(?:به من )?(?:وعده|قول) (?:داد|شد)|(?:تخفیف|رایگان|مجانی|غرامت|"
        r"خسارت|پول)[^.?!]{0,20}(?:بده|بدید|بدهید|به من بده|واسم بزن|"
        r"برام بزن|همین الان)",
        r"(?:بدهی|جریمه|قبض|صورت ?حساب)(?: م|م| من| ام| مرا| رو| را)*[^.?!]{0,14}(?:ببخش|"
        r"پاک کن|حذف کن|صفر کن)|(?:تایید|قبول) کن(?:ید)? که",
    ),
    "id": (
        r"\b(?:janji|jamin|garansi|pastikan|bersumpah)(?:kan|lah|i)? (?:\w+ )?(?:ke |"
        r"pada |kepada |untuk )?(?:saya|kami|aku|bahwa|kalau)\b",
        r"\b(?:kamu|anda|kalian|bisakah|apakah anda|maukah|bisa) (?:\w+ )?(?:berjanji|"
        r"janji|menjanjikan|menjamin|jamin|memastikan bahwa)\b",
        r"\b(?:sudah|pernah|telah|kemarin) (?:di ?)?janji|\bdijanjikan|"
        r"(?:rekan|petugas|operator|karyawan|cs|sales|manajer)(?: anda|"
        r" kamu| kalian)? (?:\w+ ){0,3}(?:bilang|berkata|mengatakan|"
        r"janji|berjanji|menjanjikan)",
        r"\b(?:beri|kasih|berikan|kasi)(?:kan)? (?:saya|aku|kami|ke saya)? ?(?:\w+ ){0,2}?(?:"
        r"diskon|potongan|gratis|ganti rugi|kompensasi|refund|\d+ ?%)",
        r"\b(?:hapus|bebaskan|hilangkan)(?:kan)? (?:\w+ )?(?:denda|utang|"
        r"tagihan|tunggakan)|\b(?:akui|setujui|konfirmasi)(?:kan)? (?:\w+ )?bahwa\b|"
        r"\bsaya (?:menuntut|berhak)",
    ),
    "pt": (
        r"\b(?:promet|garant|assegur|jur)\w*(?:-me|-nos)? (?:\w+ )?(?:que|"
        r"me|isso|por escrito)\b|\b(?:me|nos) (?:promet|garant|assegur)\w+",
        r"\b(?:você|voce|vc|vocês|voces|tu|podem|pode|podes|consegue|"
        r"conseguem)\b (?:\w+ )?(?:promet|garant|assegur|jur)\w*",
        r"\b(?:prometeram|garantiram|foi prometido|foi-me prometido|"
        r"prometeu|tinham prometido)\b|\b(?:colega|atendente|funcionári\w|"
        r"operador\w?|gerente|vendedor\w?)\b.{0,20}\b(?:disse|falou|"
        r"prometeu|garantiu|confirmou|ofereceu)",
        r"\b(?:dê|de|dá|da|deem|faça|faz|quero|exijo)(?:-me|-nos)? (?:me |"
        r"já |agora )?(?:\w+ ){0,3}?(?:desconto|grátis|gratis|gratuit\w+|"
        r"indenização|indemnização|compensação|reembolso já|\d+ ?%)",
        r"\b(?:liber|religu|reativ|desbloque|ativ)\w+.{0,40}\bsem (?:eu )?(?:pagar|"
        r"ter que pagar)\b|\bsou (?:amig|"
        r"parente|irm|filh)\w+ d[oae] ",
        r"\b(?:perdo|cancel|apag|anul|elimin)\w*(?:-me)? (?:a |o |as |"
        r"os )?(?:minha|meu|minhas|meus) (?:\w+ )?(?:dívida|divida|multa|"
        r"fatura|taxa)|\b(?:confirm|admit|concord|assum)\w* que (?:eu|"
        r"vocês|voces|você|me|tenho|vou)|\bexijo\b",
    ),
    "zh": (
        r"(?:答应|承诺|保证|担保|发誓)(?:我|给我|一下|你们|会|今天|明天|"
        r"一定|绝对)|(?:你|你们|能不能|能|可以|敢)(?:向我|给我|跟我)?(?:答应|"
        r"承诺|保证|担保)(?!金|书|期)",
        r"(?:答应|承诺|保证|说好)(?:过|了|的)|(?:你们|贵公司)?(?:的)?(?:同事|"
        r"客服|员工|经理|销售|业务员)(?:昨天|上次|之前|曾经)?(?:已经)?(?:说|"
        r"答应|承诺|告诉我|保证)",
        r"(?:给|帮)我(?:们)?[^。?!,]{0,6}(?:打折|折扣|免费|免单|优惠|"
        r"赔偿|补偿|打\w折|减免)|(?:我要求|必须|马上|立刻)[^。?!,]{0,6}(?:赔偿|"
        r"补偿|免费|退款|打折)",
        r"不(?:用|需|需要)?(?:付|交|缴)(?:钱|费)[^。?!,]{0,6}(?:恢复|开通|给我)",
        r"(?:免除|取消|删除|清除|抹掉)[^。?!,]{0,6}我(?:的)?[^。?!,]{0,6}(?:欠费|"
        r"罚款|账单|费用|滞纳金)|(?:确认|承认|同意)[^。?!,]{0,4}(?:我|"
        r"你们)(?:会|可以|有|应该|欠)",
    ),
}
