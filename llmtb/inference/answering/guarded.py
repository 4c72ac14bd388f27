"""What the guards look for, language by language: data, to be extended freely.

Patterns are matched on texts in normal form (`letters.normal`) with disguises taken off. In
`INSTRUCTIONS` a space stands for any run of signs or none, so that odd spacing hides nothing.
"""

# Words to the program instead of the company: what it shall be, forget, reveal or write.
INSTRUCTIONS: dict[str, tuple[str, ...]] = {
    "any": (
        r"<\|? ?(?:im_(?:start|end)|system|assistant|endoftext|user)\b",
        r"\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?|prompt)>",
        r"^ ?(?:system|assistant|developer) ?:|\b(?:system|assistant|"
        r"developer) ?: ?(?:you|ignore|new)",
        r"### ?(?:instruction|system|response)",
        r"(?:drop|truncate|alter) table|union (?:all )?select|or ['\"]?1['\"]? ?= ?['\"]?1",
        r"<script|javascript:|\{\{.{1,60}\}\}",
        r"jailbreak|do anything now|\bdan mode\b|prompt injection",
    ),
    "en": (
        r"(?:ignore|disregard|forget|override|bypass|overrule|drop|skip|break) (?:about )?"
        r"(?:all |any |every |of |the |your |my |these |those |what )*"
        r"(?:previous|prior|above|earlier|preceding|past|former|own|system|safety|internal)? ?"
        r"(?:instruction|rule|prompt|context|guideline|direction|restriction|polic|command|"
        r"training|guardrail|safeguard|filter|limitation|documents?\b|sources?\b|passages?\b)",
        r"(?:ignore|disregard|forget) (?:everything|all|anything|whatever|what) "
        r"(?:that )?(?:above|before|you|was|has|i)\b",
        r"(?:ignore|disregard) (?:all )?(?:the )?(?:previous|above|prior) (?:text|message|line)s?",
        r"you are (?:now|no longer|from now on|hereby) (?:a |an |in |"
        r"my |the |un|free|dan|just|only)",
        r"you(?:'re| re) now (?:a |an |in |my |the |un|free)",
        r"(?:pretend|imagine) (?:to be|you|that you)|role ?-?play|behave (?:like|as) (?:a|if)",
        r"(?:^|[.!?,;:]|\byou (?:must|should|will|can|to)|\bnow|\bplease) act (?:as|"
        r"like) (?:a|an|if|my|the)",
        r"system prompt|hidden (?:prompt|instruction|rule)|initial (?:prompt|instruction)|"
        r"(?:your|the) (?:secret|internal|original|confidential) (?:prompt|"
        r"instruction|rule|document)",
        r"(?:show|print|reveal|repeat|tell|output|display|list|leak|what (?:are|is|were)) "
        r"(?:me |us )?(?:all )?(?:of )?your (?:\w+ )?(?:prompt|instructions|"
        r"configuration|source code|training)",
        r"(?:developer|admin|administrator|god|dev|root|unrestricted|debug) modes?\b",
        r"from now on,? (?:you|your|answer|always|respond|reply|speak|only)",
        r"new (?:instruction|rule|order)s? ?:|(?:here are|follow) (?:your|"
        r"my|these) new (?:instruction|rule)",
        r"(?:no|without|free of|remove (?:all|your)) (?:any |all |your )?(?:restriction|"
        r"filter|censor|guardrail)s?",
        r"(?:repeat|say) after me|(?:answer|reply|respond|say|write) (?:only |"
        r"just |exactly |simply )"
        r"(?:with |the |yes|no|ok|')|just say (?:yes|ok|it)",
        r"(?:without|don't|do not|never) (?:us(?:e|ing)|look(?:ing)? at|"
        r"check(?:ing)?|read(?:ing)?|consult(?:ing)?) "
        r"(?:the |your |any )?(?:document|source|passage|knowledge|context)",
        r"mak(?:e|ing) (?:something|it|one|an answer) up|just (?:guess|invent)|"
        r"use your (?:own )?(?:imagination|creativity)",
        r"(?:internal|confidential|secret|staff[- ]only|employees?[- ]only|agents?[- ]only) "
        r"(?:document|note|instruction|handbook|guideline|manual|passage|"
        r"procedure|script|price ?list)s?",
        r"i(?:'m| am) (?:your|the) (?:developer|administrator|admin|creator|programmer|owner|boss)",
    ),
    "fa": (
        r"(?:دستور|قوانین|قانون|قواعد|تعلیمات|محدودیت|متن|پیام|راهنما)[^.?!]{0,25}"
        r"(?:نادیده|فراموش|بیخیال|بی خیال|کنار بگذار|کنار بذار|رعایت نکن|زیر پا|دور بزن|حذف کن)",
        r"(?:نادیده بگیر|فراموش کن|بی ?خیال)[^.?!]{0,25}(?:دستور|قوانین|"
        r"قانون|قواعد|بالا|قبل|هر ?چه|هر ?چی|گفته|متن)",
        r"هر ?(?:چه|چی|آنچه)[^.?!]{0,20}(?:گفت|بالا|قبل)[^.?!]{0,15}(?:فراموش|نادیده)",
        r"(?:تو|شما) (?:حالا|الان|دیگه|دیگر|از این به بعد|از حالا) (?:یک |"
        r"یه )?[^.?!]{0,30}(?:هستی|هستید|نیستی|نیستید|ای\b)",
        r"از (?:این|الان|حالا|اکنون) (?:به بعد|پس|به این طرف) (?:تو|شما|فقط|باید|همه|جواب|پاسخ|به)",
        r"وانمود کن|تظاهر کن|نقش (?:یک |یه )?[^.?!]{0,25}(?:بازی کن|"
        r"را بگیر|رو بگیر)|فرض کن (?:تو|شما|که تو)",
        r"(?:پرامپت|پرومپت|دستور (?:العمل )?(?:های )?(?:سیستم|مخفی|اولیه|داخلی|محرمانه))",
        r"(?:دستورات|دستورالعمل|دستور العمل|قوانین|تنظیمات) (?:های )?(?:داخلی|"
        r"مخفی|محرمانه|خودت|خودتان|سیستمی)",
        r"(?:سند|اسناد|مدارک|یادداشت|راهنمای|فایل)(?: های)? (?:داخلی|محرمانه|مخفی|سری)",
        r"حالت (?:توسعه ?دهنده|مدیر|ادمین|دیباگ)|بدون (?:هیچ )?(?:محدودیت|"
        r"فیلتر|سانسور)(?:ی)? (?:جواب|پاسخ|حرف|بگو)",
        r"(?:فقط|صرفا) (?:بگو|بنویس|جواب بده|پاسخ بده)|(?:بعد از|پشت سر) من تکرار",
        r"از خودت (?:بساز|بگو|در بیار)|حدس بزن|بدون (?:توجه|استفاده|"
        r"نگاه)[^.?!]{0,12}(?:سند|اسناد|مدارک|متن|منابع)",
        r"من (?:برنامه ?نویس|سازنده|مدیر|رئیس|ادمین|صاحب|توسعه ?دهنده)(?: ی)?(?: سیستم)? ?(?:"
        r"تو|شما|این ربات|ربات|سیستم) (?:هستم|ام)",
    ),
    "id": (
        r"(?:abaikan|lupakan|hiraukan|langgar|lewati|hapus) (?:semua |"
        r"segala |seluruh |apa |setiap )*"
        r"(?:instruksi|aturan|perintah|petunjuk|konteks|prompt|pedoman|"
        r"kebijakan|dokumen|batasan|yang (?:di ?atas|sebelum)|di ?atas|"
        r"sebelum)",
        r"(?:jangan|tidak usah|tak usah|tanpa) (?:ikuti|patuhi|hiraukan|"
        r"pakai|gunakan|lihat|melihat|memakai|menggunakan) "
        r"(?:aturan|instruksi|dokumen|konteks|sumber|batasan)",
        r"(?:kamu|anda|engkau|kau) (?:sekarang|kini|mulai sekarang) (?:adalah|"
        r"jadi|menjadi|bukan|bebas|seorang)",
        r"(?:sekarang|mulai sekarang) (?:kamu|anda) (?:adalah|jadi|menjadi|"
        r"bukan|bebas|harus|seorang)",
        r"(?:berpura|pura) ?-? ?pura|bertindak(?:lah)? (?:sebagai|seperti|"
        r"seolah)|berperan(?:lah)? sebagai|bayangkan (?:kamu|anda)",
        r"(?:prompt|instruksi|aturan|perintah) (?:sistem|rahasia|tersembunyi|internal|awal)",
        r"(?:tampilkan|tunjukkan|sebutkan|bocorkan|ulangi|apa(?:kah)?) (?:semua )?(?:isi )?(?:"
        r"instruksi|prompt|konfigurasi)(?: ?mu| anda| kamu)",
        r"(?:dokumen|catatan|panduan|data|instruksi) (?:internal|rahasia)|"
        r"mode (?:pengembang|admin|developer|debug)",
        r"(?:cukup|hanya) (?:jawab|katakan|bilang|tulis)|jawab (?:saja |"
        r"hanya )?(?:dengan )?(?:ya|iya|ok)\b|ulangi setelah saya",
        r"karang(?:lah|an)? (?:saja|jawaban)|mengarang|tebak saja|tanpa (?:batasan|"
        r"filter|sensor|aturan)",
        r"saya (?:adalah )?(?:pengembang|pembuat|admin|administrator|"
        r"bos|pemilik) (?:mu|anda|kamu|bot|sistem)",
    ),
    "pt": (
        r"(?:ignor[ae]r?|desconsider[ae]r?|esque[cç][ae]r?|descart[ae]r?|"
        r"desobede[cç][ae]|burl[ae]r?|contorn[ae]r?) "
        r"(?:todas?|todos?|as|os|o|a|das|dos|da|do|tuas|suas|teus|seus|"
        r"sua|seu|tua|teu|qualquer|quaisquer| )*"
        r"(?:instruç|instruc|regra|orden|comando|contexto|prompt|diretri|"
        r"polític|politic|restriç|restric|anterior|acima|"
        r"documento|mensagens anteriores|que foi dito|que (?:te|lhe) disse)",
        r"(?:você|voce|tu|vc) (?:agora|já|ja|a partir de agora) (?:é|"
        r"e|és|es|será|sera|não é|deixa|está|esta) ?(?:um|uma|o|a|livre|"
        r"meu|minha|mais|sem)?\b",
        r"(?:a partir de agora|de agora em diante|daqui em diante|daqui para a frente),? "
        r"(?:você|voce|tu|vc|responda|responde|seja|és|es|só|aja|age)",
        r"finj[ae]|fing[ei]|faz de conta|faça de conta|atu[ea] como|"
        r"aj[ae] como|comport[ea]-?se como|imagin[ae] que (?:você|voce|"
        r"é|és|tu)",
        r"prompt (?:do|de) sistema|(?:instruç|instruc)(?:ões|oes|ão|"
        r"ao) (?:do sistema|secret|ocult|intern|inicia)|regras (?:secretas|"
        r"ocultas|internas)",
        r"(?:mostr[ae]|revel[ae]|repit[ae]|repete|diga|diz|list[ae]|"
        r"quais são|quais sao) ?-?(?:me )?(?:as |os |o )?(?:suas|tuas|"
        r"teu|seu) "
        r"(?:instruç|instruc|prompt|configuraç|configurac)",
        r"(?:documento|nota|manual|instruç|instruc|procedimento)\w* (?:intern|"
        r"confidencia|secret|sigilos)\w*|modo (?:desenvolvedor|programador|"
        r"admin|administrador|debug)",
        r"(?:responda|responde|diga|diz|escreva|escreve) (?:só|so|apenas|"
        r"somente|simplesmente|exatamente)|rep(?:ita|ete) (?:depois de|"
        r"comigo)",
        r"invent[ae] (?:uma|um|qualquer|algo|a resposta)|sem (?:restriç|"
        r"restric|filtro|censura|regras|consultar|usar os doc|olhar)",
        r"(?:eu )?sou (?:o |a )?(?:seu|sua|teu|tua) (?:desenvolvedor|"
        r"programador|criador|administrador|dono|chefe|dona)",
    ),
    "zh": (
        r"(?:忽略|无视|忘记|忘掉|忘了|不要管|别管|不理会|不用理|绕过|"
        r"跳过|违反|抛开|放弃|取消|解除)[^。?!,]{0,12}"
        r"(?:指令|指示|规则|规定|提示|设定|限制|内容|要求|命令|上下文|文档|资料|说的|约束)",
        r"(?:之前|以上|上面|前面|先前)[^。?!,]{0,8}(?:忽略|无视|忘记|忘掉|作废|不算)",
        r"你(?:现在|从现在起|从现在开始|以后)(?:是|就是|不是|不再是|变成|成为|扮演|要|必须|只)",
        r"从现在(?:起|开始)[^。?!]{0,4}你|(?:假装|扮演|装作|假设你|充当|角色扮演|想象你)",
        r"系统提示|提示词|(?:隐藏|内部|秘密|机密|初始|原始)(?:的)?(?:指令|"
        r"规则|文档|文件|提示|资料|手册|说明|流程|价目)",
        r"(?:输出|显示|告诉我|重复|泄露|列出|说出|打印|公开)[^。?!]{0,6}你的[^。?!]{0,6}(?:指"
        r"令|提示|设定|规则|配置|源代码)",
        r"(?:开发者|管理员|开发人员|调试|上帝)模式|没有(?:任何)?限制|"
        r"不受(?:任何)?限制|无限制(?:的)?(?:模式|回答)",
        r"(?:只|就)(?:回答|回复|说|输出|需要说)(?:是|好|可以|\"|“|')|"
        r"跟(?:着)?我(?:说|念|重复)",
        r"(?:随便|自己)(?:编|猜|想)|编(?:一个|造)|不(?:要|用|必)(?:看|"
        r"查|用|参考)[^。?!]{0,4}(?:文档|资料|知识库)",
        r"我是(?:你的?|这个)?(?:开发者|管理员|创造者|主人|老板|程序员)",
    ),
}

# Work for a writer or a calculator, which no company's documents hold.
TASKS: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:write|compose|create|make up|tell|sing|give|draw|generate) (?:me |"
        r"us )?(?:a |an |some |another )?"
        r"(?:\w+ )?(?:poem|joke|story|song|essay|limerick|haiku|rap|riddle|recipe|novel|"
        r"python|javascript|sql|html|program|code\b(?! for)|homework)",
        r"\btranslate (?:this|the|it|my|into|to|[\"'])",
    ),
    "fa": (
        r"(?:شعر|جوک|لطیفه|داستان|قصه|مقاله|انشا|آهنگ|ترانه|چیستان|دستور پخت|"
        r"کد پایتون|برنامه پایتون)"
        r"[^.?!]{0,30}(?:بگو|بنویس|بساز|بسرا|تعریف کن|بده|بخوان|بخون)",
        r"(?:بگو|بنویس|تعریف کن)[^.?!]{0,12}(?:شعر|جوک|لطیفه|داستان|قصه)|ترجمه (?:کن|ش کن)",
    ),
    "id": (
        r"(?:buat|tulis|ceritakan|karang|nyanyi|beri|kasih|bikin)(?:kan|lah|in)?[^.?!]{0,16}"
        r"(?:puisi|lelucon|cerita|pantun|lagu|esai|dongeng|resep|kode python|"
        r"program python|tebak ?-?tebakan)",
        r"terjemahkan",
    ),
    "pt": (
        r"(?:escrev|cont|cri|faz|faç|fac|diz|diga|cant|compo|ger|dê|de-)\w*(?:-me)?[^.?!]{0,14}"
        r"\b(?:poema|piada|história|historia|conto|canção|cancao|música|"
        r"musica|redação|redacao|receita|código python|programa em|anedota)",
        r"traduz[ai]?(?:-me)?\b",
    ),
    "zh": (
        r"(?:写|讲|作|编|来|唱|说|画|生成|做)[^。?!,]{0,6}(?:诗|笑话|"
        r"故事|作文|歌|小说|代码|程序|论文|谜语|菜谱)",
        r"翻译",
    ),
}
