"""How people greet, thank, leave, and ask for a person, language by language: data."""

PHRASES: dict[str, dict[str, str]] = {
    "greeting": {
        "en": (
            r"hi+|hello+|hey+|good (?:morning|afternoon|evening|day)|greetings|"
            r"howdy|how are you(?: doing)?(?: today)?"
        ),
        "fa": (
            r"سلام+|درود|صبح بخیر|صبح به خیر|عصر بخیر|شب بخیر|وقت بخیر|وقتتون بخیر|"
            r"روز بخیر|خسته نباشید|خسته نباشی|حالت چطوره|خوبی|خوبید|چطوری"
        ),
        "id": (
            r"ha+lo+|hai|assalamu ?'?alaikum|selamat (?:pagi|siang|sore|"
            r"malam)|pagi|siang|sore|malam|apa kabar|permisi"
        ),
        "pt": (
            r"olá|ola|oi+e?|bom dia|boa tarde|boa noite|tudo bem(?: com você)?|"
            r"e aí|e ai|como vai|como está"
        ),
        "zh": (
            r"你好|您好|嗨|哈喽|大家好|早上好|上午好|中午好|下午好|晚上好|"
            r"早安|在吗|在不在|有人吗"
        ),
    },
    "thanks": {
        "en": (
            r"thank(?:s| you)(?: (?:so|very) much| a lot)?|thx|ty|many thanks|"
            r"cheers|great|perfect|awesome|got it|that helped|much appreciated|"
            r"ok(?:ay)?"
        ),
        "fa": (
            r"ممنون+م?|ممنونم|مرسی+|تشکر|سپاس|سپاسگزارم|متشکرم|دستت درد نکنه|"
            r"دستتون درد نکنه|دمت گرم|عالی|خیلی خوب|حل شد|باشه|اوکی"
        ),
        "id": r"terima ?kasih|makasih|trims|thanks|mantap|oke?|baik(?:lah)?|siap|bagus",
        "pt": (
            r"obrigad[oa]|valeu|agradeço|muito obrigad[oa]|brigad[oa]|perfeito|"
            r"ótimo|otimo|ok|resolvido|entendi"
        ),
        "zh": r"谢谢|多谢|感谢|谢了|好的|明白了|知道了|太好了|辛苦了|ok",
    },
    "bye": {
        "en": (
            r"bye+(?: bye)?|goodbye|see you(?: later| soon)?|good night|"
            r"have a (?:nice|good|great) (?:day|evening|one|weekend)|that(?:'s|"
            r" is) all|nothing else"
        ),
        "fa": (
            r"خداحافظ|خدا حافظ|خدانگهدار|خدا نگهدار|بدرود|فعلا|بای|روز خوش|"
            r"شب خوش|همین بود|کار دیگه ای ندارم"
        ),
        "id": r"sampai (?:jumpa|nanti|ketemu)|selamat tinggal|dadah|dah|bye|itu saja|sudah cukup",
        "pt": (
            r"tchau|até (?:logo|mais|breve|já|amanhã)|ate (?:logo|mais|breve)|"
            r"adeus|é só isso|era só isso|só isso"
        ),
        "zh": r"再见|拜拜|回头见|下次见|晚安|没有了|没别的了|就这些",
    },
    "exit": {
        "en": r"/?(?:exit|quit|stop|end|close)(?: (?:the |this )?(?:chat|session|conversation))?",
        "fa": r"/?خروج|پایان(?: گفتگو| چت)?|تمام|بستن(?: گفتگو| چت)?",
        "id": r"/?keluar|akhiri(?: (?:obrolan|chat|sesi|percakapan))?|selesai",
        "pt": (
            r"/?sair|encerrar(?: (?:a )?(?:conversa|sessão|sessao|o chat|"
            r"chat))?|terminar(?: (?:a )?conversa)?|fim"
        ),
        "zh": r"/?退出|结束(?:对话|聊天|会话)?",
    },
}

# What may stand beside such a phrase without meaning more.
FILLERS: dict[str, str] = {
    "en": (
        r"there|dear|friend|team|sir|madam|everyone|all|again|please|so|"
        r"very|much|a|lot|for|your|the|help|you|and|now|to|nava|bot|support|"
        r"well"
    ),
    "fa": (
        r"عزیز|دوست|جان|خیلی|از|شما|راهنمایی|کمک|کمکتون|و|به|همگی|دوستان|"
        r"جناب|محترم|خوب|بابت|تون|لطفا|نوا"
    ),
    "id": (
        r"kak|min|gan|admin|pak|bu|mas|mba|mbak|semua|ya|banyak|sekali|atas|"
        r"bantuannya|banget|nih|dan|sudah|cukup"
    ),
    "pt": (
        r"a|todos|pessoal|amig[oa]|senhor|senhora|muito|mesmo|pela|ajuda|"
        r"e|por|sua|então|entao|gente"
    ),
    "zh": r"您|你|啊|呀|了|哦|吧|大家|朋友|非常|很|的|帮助|帮忙|客服|亲|们|呢|吗",
}

# Found within a message, too.
WISHES: dict[str, dict[str, str]] = {
    "bot": {
        "en": (
            r"(?:are|r) (?:you|u) (?:\w+ ){0,4}?(?:robot|bot|machine|computer|"
            r"ai|human|real|chatbot|program|person)(?: person| human)?"
            r"|(?:am i|are we) (?:talking|speaking|chatting|writing) (?:to|"
            r"with) (?:a |an )?(?:\w+ )?(?:robot|bot|machine|human|person|"
            r"computer|ai)"
            r"|is (?:this|that|it) (?:a |an )(?:robot|bot|chatbot|machine|human|ai|real person)"
        ),
        "fa": (
            r"(?:تو|شما) (?:یک |یه )?(?:ربات|روبات|بات|آدم|انسان|ماشین|هوش مصنوعی)(?: واقعی)?(?:"
            r"ی| ای)?(?: هستی| هستید| ای| اید)?"
            r"|(?:ربات|روبات|بات|آدم|انسان|هوش مصنوعی)(?: واقعی)? ?(?:هستی|"
            r"هستید|ی|ای|اید)|(?:با|دارم با) (?:یک |یه )?(?:ربات|روبات|آدم|"
            r"انسان)[^.?!]{0,12}(?:حرف|صحبت|چت) می ?(?:زنم|کنم)"
        ),
        "id": (
            r"(?:apa(?:kah)? )?(?:kamu|anda|ini|kau) (?:itu |seorang |sebuah |"
            r"adalah )*(?:robot|bot|mesin|manusia|orang (?:asli|beneran)|"
            r"ai)"
            r"|(?:ini|kamu) (?:bot|robot) (?:ya|atau|bukan)\b.{0,20}|saya (?:bicara|"
            r"ngobrol|chat) (?:dengan|sama) (?:robot|bot|manusia|orang)"
        ),
        "pt": (
            r"(?:você|voce|vc|tu|isto|isso|este) (?:é|e|és|es) (?:um |uma )?(?:\w+ )?(?:robô|"
            r"robo|bot|máquina|maquina|humano|humana|pessoa|ia|chatbot|inteligência artificial)"
            r"|(?:é|és) (?:um |uma )?(?:robô|robo|bot|humano|pessoa (?:real|"
            r"de verdade))|(?:estou|to|tô) (?:a )?fal(?:ando|ar) com (?:um |"
            r"uma )?(?:robô|robo|bot|máquina|pessoa|humano)"
        ),
        "zh": (
            r"(?:你|您|这)(?:们)?(?:到底|究竟)?(?:是不是|是)(?:一?个)?(?:机器人|"
            r"真人|人工智能|ai|人类|电脑|程序|机器|活人|人)(?:吗|么|吧|还是|"
            r"啊|呢|\?|$)|我(?:是)?在(?:和|跟)(?:机器人|真人|人)(?:聊天|"
            r"说话|对话)"
        ),
    },
    "person": {
        "en": (
            r"(?:talk|speak|chat|connect(?: me)?|put me through|transfer me|"
            r"forward me|hand me over|get me|give me|want|need|prefer|call) "
            r"(?:\w+ ){0,4}?(?:a |an |some |the )?(?:(?:real|live|actual) (?:human|"
            r"person|agent|operator|one|people)|human(?: being| agent)?|"
            r"operator|someone real|somebody real)"
            r"|(?:talk|speak|chat|connect me|put me through|transfer me) (?:to|"
            r"with) (?:\w+ ){0,2}?(?:human|person|agent|operator|someone|"
            r"somebody|representative|support|staff|employee|colleague)"
            r"|(?:a |an )?(?:human|person|real person|live agent|human agent|"
            r"agent|operator|representative),?(?: please| pls| now)?(?=\W*$)(?<=please)|"
            r"^(?:human|agent|operator|person|representative|real person|"
            r"a person|a human)(?=\W*$)"
            r"|not (?:with |to )?(?:a |the |this )?(?:bot|robot|machine)"
        ),
        "fa": (
            r"(?:یه|یک) (?:نفر|آدم|انسان)[^.?!]{0,30}(?:حرف|صحبت) (?:بزن|کن)\w*"
            r"|(?:(?:با|به) )(?:یک |یه )?(?:نفر|آدم|انسان|اپراتور|کارشناس|"
            r"پشتیبان|پشتیبانی|همکار|مسئول)(?:ی| تون|تون|تان|ان| واقعی)*[^.?!]{0,14}(?:صحبت|"
            r"حرف|گفتگو|وصل|چت)"
            r"|وصل(?:م)? (?:کن|کنید)[^.?!]{0,10}(?:به )?(?:اپراتور|کارشناس|"
            r"پشتیبان|آدم|نفر)|(?:اپراتور|کارشناس|یک نفر|یه نفر|آدم واقعی|"
            r"انسان|یک انسان) ?(?:لطفا|می ?خوام|می ?خواهم)|^(?:اپراتور|کارشناس|"
            r"انسان|آدم واقعی|پشتیبان)(?=\W*$)"
        ),
        "id": (
            r"(?:bicara|ngobrol|chat|berbicara|sambung(?:kan|in)?|hubung(?:kan|"
            r"in|i)?|terhubung|ngomong)(?: saya| aku)?(?: (?:ke|dengan|sama))? (?:\w+ )?(?:manus"
            r"ia|orang|petugas|operator|agen|cs|customer service|staf|admin)"
            r"|(?:mau|ingin|butuh|minta|perlu) (?:\w+ )?(?:manusia|orang asli|"
            r"petugas|operator|agen)|^(?:manusia|operator|petugas|agen|cs|"
            r"orang)(?: tolong| dong| please)?(?=\W*$)"
        ),
        "pt": (
            r"(?:(?:falar|conversar|fala)(?: \w+){0,2}?|"
            r"(?:me (?:pass\w|transf\w+|lig\w+|encaminh\w+)|"
            r"(?:passar?|transferir|transfira|ligar|encaminhar)(?:-me|"
            r" me))) (?:com|para|a|pra) (?:um |"
            r"uma |o |a |algum |alguma )?(?:\w+ )?(?:pessoa|humano|humana|"
            r"atendente|alguém|alguem|operador\w?|funcionári\w|assistente humano|"
            r"gente)"
            r"|(?:quero|preciso(?: de)?|prefiro) (?:um |uma )?(?:humano|"
            r"pessoa|atendente|operador)|(?:uma |um )?(?:pessoa|humano|atendente|"
            r"operador),? (?:por favor|pf)|^(?:atendente|humano|operador|"
            r"pessoa|uma pessoa)(?=\W*$)"
        ),
        "zh": (
            r"找(?:一?个)?人(?:来)?(?:跟|和|与)我|(?:转|接|找|要|叫|"
            r"换|转接|联系)(?:到|个|一个|一下|下)?(?:真人|"
            r"人工|客服人员|人工客服|人工服务|活人)|(?:和|跟|与|找)(?:一个|"
            r"个)?(?:真人|人工|客服|工作人员|活人|人)(?:客服)?(?:说|聊|谈|"
            r"讲|通话|对话|沟通|联系)|^(?:人工|真人|人工客服|转人工|人工服务)(?=\W*$)"
        ),
    },
}
