"""What the guards look for about people and the inside, by language: data, as `guarded`."""

# Somebody else's data. What a person may well do for another (pay, transfer, order) is in UNLESS.
_EN_DATA = (
    r"(?:balance|address|phone|mobile|number|e-?mail|mail|passwords?|pin|invoices?|bills?|usage|"
    r"contracts?|details|location|history|calls?|messages?|birthday|account|plan|data|record|"
    r"name|salary|traffic|login|credentials|identity|debt|card)"
)
_EN_ASK = (
    r"(?:give|tell|show|send|read|reveal|look(?:ing)? ?up|find|get|what(?:'?s| is| are)|how much|"
    r"which|who|list|check|see|access|hack|track|spy|need|want|share|export|open)"
)
_EN_OTHER = (
    r"(?:neighbou?r|wife|husband|ex\b|girlfriend|boyfriend|friend|boss|colleague|co-?worker|"
    r"roommate|landlord|tenant|partner|sister|brother|someone else|somebody else|"
    r"another (?:customer|user|"
    r"person|subscriber)|other (?:customer|user|people|subscriber)|technician|"
    r"your (?:ceo|manager|director|"
    r"employee|agent|staff|colleague|boss)|mrs?\b\.?|ms\b\.?|whoever|the (?:person|man|woman|guy))"
)
_FA_DATA = (
    r"(?:شماره|تلفن|موبایل|آدرس|نشانی|رمز|پسورد|گذرواژه|موجودی|مانده|صورت ?حساب|قبض|فاکتور|مصرف|"
    r"اطلاعات|کد ملی|حساب|تماس|پیامک|بدهی|قرارداد|سرویس|حقوق|نام|مشخصات|ایمیل|اشتراک)"
)
_FA_OTHER = (
    r"(?<!\w)(?:همسایه|همسر|شوهر|زنم|خانمم|دوست|رئیس|مدیر ?عامل|کارمند|همکار|تکنسین|نصاب|"
    r"آقای|خانم |فلانی|یکی دیگ|(?:کس|شخص|نفر|فرد|مشتری|مشترک|کاربر)(?: های|"
    r" ان| ین)?(?:ی)? دیگ|دیگران|"
    r"بقیه(?: ی)? (?:مشتری|مشترک|کاربر)|(?:همه|تمام|لیست|فهرست)(?: ی)? (?:مشتری|"
    r"مشترک|کاربر)|مستاجر|صاحبخانه|برادر|خواهر|نامزد)"
)
_ID_DATA = (
    r"(?:saldo|alamat|nomor|nomer|telepon|hp|email|kata sandi|sandi|"
    r"password|tagihan|pemakaian|kuota|"
    r"kontrak|data|lokasi|riwayat|akun|rekening|nik|ktp|gaji|nama|identitas|paket|utang|faktur)"
)
_ID_OTHER = (
    r"(?:tetangga|istri|suami|mantan|pacar|teman|bos\b|rekan|orang lain|"
    r"(?:pelanggan|pengguna|customer) (?:lain|bernama)|"
    r"teknisi|karyawan|direktur|manajer|pak \w+|bu \w+|bapak \w+|ibu \w+|"
    r"semua pelanggan|daftar pelanggan|para pelanggan|"
    r"adik|kakak|saudara|penyewa)"
)
_PT_DATA = (
    r"(?:saldo|endereço|endereco|morada|telefone|telemóvel|telemovel|"
    r"celular|número|numero|e-?mail|senha|palavra-?passe|"
    r"fatura|factura|conta|consumo|contrato|dados|localização|localizacao|"
    r"histórico|historico|cpf|nif|salário|salario|"
    r"nome|plano|dívida|divida|chamadas|mensagens|cadastro)"
)
_PT_OTHER = (
    r"(?:vizinh|espos[ao]|marido|mulher|\bex\b|ex-|namorad|amig|chefe|"
    r"colega|outr[ao]s? (?:cliente|pessoa|usuári|usuari|utilizador|assinante)|"
    r"técnico|tecnico|funcionári|funcionari|diretor|gerente|\bsr\.?\b|"
    r"\bsra\.?\b|senhor|senhora|todos os clientes|"
    r"lista de clientes|dos clientes|irmã|irmão|irmao|inquilin|senhorio|alguém|alguem)"
)
_ZH_DATA = (
    r"(?:余额|地址|住址|电话|手机号?|号码|邮箱|密码|账单|发票|用量|流量|"
    r"合同|资料|位置|记录|账户|账号|帐号|身份证|工资|"
    r"姓名|名字|套餐|欠费|信息|通话|短信|数据)"
)
_ZH_OTHER = (
    r"(?:邻居|老婆|老公|妻子|丈夫|前任|前妻|前夫|女朋友|男朋友|女友|"
    r"男友|朋友|老板|同事|别人|他人|其他(?:人|客户|用户)|"
    r"别的(?:客户|用户)|另一(?:个|位)(?:客户|用户|人)|技术员|师傅|员工|"
    r"经理|总裁|[张王李赵刘陈杨黄周吴]\w{0,2}(?:先生|女士|小姐)|先生|"
    r"女士|"
    r"所有客户|全部客户|所有用户|客户名单|客户列表|房东|租客|室友)"
)

OTHERS: dict[str, tuple[str, ...]] = {
    "en": (
        rf"\b{_EN_ASK}\b.{{0,45}}\b{_EN_DATA}\b.{{0,14}}\b(?:of|for|from|"
        rf"belonging to|about)\b.{{0,14}}\b{_EN_OTHER}",
        rf"\b{_EN_ASK}\b.{{0,35}}\b{_EN_OTHER}(?:'?s|s')?\b.{{0,18}}\b{_EN_DATA}\b",
        rf"\b{_EN_DATA}\b (?:of|for|from) (?:the )?(?:customer|client|"
        r"user|subscriber|person|account)\b (?:named|called|with|who|"
        r"number|id|no|\d|#)",
        r"(?<!my )\b(?:customer|client|subscriber|user|account)(?:'s)?(?: account)? ?(?:numb"
        r"er|no\.?|id|#|with|code)? ?(?:id|number)? ?#?\d{3,}",
        r"\b(?:list|names?|data|numbers?|addresses|details|database|"
        r"passwords?|e-?mails?) (?:of|for|from) (?:all |your |other |"
        r"the |every )*(?:customers|clients|users|subscribers|employees)\b",
        r"\bcustomer (?:list|database|records)|\bother (?:customers?|people|users?)['’]s? ",
        r"\bwho (?:lives|owns|called me|is behind)\b|\bwhose (?:number|ip|phone|account|address)\b",
        rf"\b(?:his|her|their)\b (?:\w+ )?{_EN_DATA}\b.{{0,30}}\b(?:without|secretly|behind)",
        r"\b(?:read|see|intercept|track|spy on|monitor|listen to|hack)\b.{0,30}\b(?:neighbou"
        r"?r|wife|husband|girlfriend|boyfriend|ex|someone|somebody|other people)\b",
        r"\b(?:sites?|pages?|films?|videos?|numbers?) (?:did|does|do|"
        r"has|have|was|were|is) (?:my |the |our )?"
        rf"{_EN_OTHER}|\bmy {_EN_OTHER}.{{0,20}}\b(?:visit|browse|call|"
        r"watch|surf|chat|text)(?:s|ed|ing)?\b",
        r"\bmy (?:ex|neighbou?r|boss|landlord)(?:'?s)? (?:line|sim|modem|panel|account)\b",
        r"\b(?:on behalf of|pretend(?:ing)? to be|as if i were|using the name of)\b.{0,20}\b"
        r"(?:neighbou?r|customer|wife|husband|someone)",
    ),
    "fa": (
        rf"{_FA_DATA}.{{0,22}}{_FA_OTHER}",
        rf"{_FA_OTHER}.{{0,22}}{_FA_DATA}.{{0,30}}(?:بده|بدید|بدهید|بگو|"
        r"بگید|بگویید|چیست|چیه|چنده|چقدر|کجا|ببین|نشان|پیدا|لازم|میخوام|"
        r"می خوام|می خواهم|هک)",
        r"(?:مشتری|مشترک|کاربر)(?: ی)?(?: با)?(?: (?:شماره|کد|شناسه)(?: ی)? ?#?\d{3,}| ?#?\d{4,})",
        r"صاحب (?:این |اون |آن )?(?:خط|شماره|سیم ?کارت) ?\d{4,}",
        r"(?<!\w)(?:شوهر|همسر|زن|دوست|همسایه|نامزد)\S*[^.?!]{0,25}(?:سایت|تماس|پیام|چت)",
        r"(?:این|آن|اون) شماره (?:مال|برای|متعلق)|صاحب (?:این|اون|آن) (?:شماره|"
        r"خط|آی ?پی)|چه کسی (?:با این|صاحب)",
    ),
    "id": (
        rf"{_ID_DATA}.{{0,20}}{_ID_OTHER}",
        r"(?:pelanggan|pengguna|akun|customer)(?: dengan)?(?: nomor| no| id)? ?#?\d{3,}",
        r"(?:milik|punya|data) (?:orang lain|pelanggan lain|semua pelanggan)|"
        r"siapa (?:yang (?:punya|tinggal)|pemilik)",
        r"(?:suami|istri|pacar|tetangga|mantan)(?: saya|ku|nya)?.{0,25}(?:situs|"
        r"chat|telepon siapa|buka apa|nonton)",
        r"(?:membaca|melihat|menyadap|melacak|memata|meretas|bobol)\w*.{0,25}(?:tetangga|"
        r"istri|suami|pacar|orang lain)",
    ),
    "pt": (
        rf"{_PT_DATA}\w*.{{0,22}}\b(?:d[oae]s?|de|do meu|da minha|pertencente)\b"
        rf".{{0,18}}{_PT_OTHER}",
        r"\b(?<!meu )(?:cliente|usuário|usuario|utilizador|assinante|"
        r"conta)(?: de| com)?(?: número| numero| nº| n\.?º| id| código)? ?#?\d{3,}",
        r"(?:lista|dados|nomes|números|numeros|senhas|e-?mails|endereços|"
        r"moradas) d[eo]s? (?:todos os |outros |seus |vossos )?clientes",
        r"(?:espos[ao]|marido|mulher|namorad\w|vizinh\w|ex)\b.{0,25}\b(?:sites?|"
        r"visit|acess|ligou|convers|navegou)",
        r"quem (?:mora|vive|é o dono|e o dono|é o titular|me ligou)|"
        r"de quem (?:é|e) (?:o|este|esse) (?:número|numero|ip|telefone)",
        r"(?:ler|ver|interceptar|rastrear|espiar|espionar|hackear|invadir).{0,25}(?:vizinh|"
        r"espos|marido|mulher|namorad|outra pessoa|algu[eé]m)",
    ),
    "zh": (
        rf"{_ZH_OTHER}[^。?!,]{{0,8}}{_ZH_DATA}",
        rf"{_ZH_DATA}[^。?!,]{{0,6}}(?:属于|是)(?:谁|哪位|哪个)",
        r"(?:客户|用户|账户|账号|帐号)(?:号|编号|id)? ?(?:为|是)? ?#?\d{3,}",
        r"(?:所有|全部|其他)(?:的)?(?:客户|用户)[^。?!,]{0,6}(?:名单|"
        r"资料|信息|电话|数据|密码)|(?:客户|用户)(?:数据库|名单)",
        r"(?:老公|老婆|丈夫|妻子|女友|男友|邻居|同事)[^。?!]{0,10}(?:网站|聊天|浏览|看了什么|上了)",
        r"谁(?:住在|的号码|的电话|给我打)|(?:偷看|监控|窃听|跟踪|破解|"
        r"盗)[^。?!,]{0,8}(?:邻居|老婆|老公|女友|男友|别人)",
    ),
}
# Done for another every day.
UNLESS: dict[str, str] = {
    "en": (
        r"\b(?:pay|top ?up|transfer|take ?over|move|order|sign (?:up|on)|"
        r"gift|recommend|refer|invite|share (?:my|the))"
    ),
    "fa": (
        r"به نام|(?:رمز|وای ?فای)[^.?!]{0,12}(?:ما|من|خودم)(?!\w)|پرداخت|"
        r"شارژ کن|انتقال|منتقل|واگذار|خرید|ثبت ?نام|معرفی|دعوت|هدیه"
    ),
    "id": (
        r"(?:wi-?fi|sandi|password|internet) (?:saya|kami|aku|rumah)|membayar|"
        r"bayar|memindah|pindah|alih|balik nama|daftar(?:kan)? |ajak|referensi|"
        r"hadiah"
    ),
    "pt": (
        r"(?:minha|meu|nossa) (?:rede|senha|wi-?fi|internet)|pagar|paga\b|"
        r"transfer|mudar|titularidade|indicar|recomend|convid|presente"
    ),
    "zh": (
        r"我(?:们)?家|我(?:们)?的?(?:wi-?fi|网|密码)|代缴|缴费|代付|支付|"
        r"付款|充值|过户|转让|推荐|邀请|转移|赠送"
    ),
}

# What a customer wants to know of the company's inside.
INSIDE: dict[str, tuple[str, ...]] = {
    "en": (
        r"\binternal(?:ly)?\b|\bbehind the scenes\b",
        r"\byour (?:agents?|people|staff|employees?|operators?|colleagues?|"
        r"call cent\w+|support team|team)\b[^,.?!]{0,25}"
        r"\b(?:do|ask|check|may|allowed|refund|say|offer|verify|suspect|"
        r"handle|told|trained|earn|get)\b",
    ),
    "fa": (
        r"داخلی(?:ه|تون|تان| شما)|(?:همکار|اپراتور|کارشناس|کارمند|پشتیبان)\S*(?: هات|"
        r" های شما|تون|تان| شما)[^.?!]{0,30}"
        r"(?:چی می|چه می|اجازه|می ?تون|می ?توان|چقدر|چند|تا سقف)",
    ),
    "id": (
        r"\binternal(?:nya)?\b|\b(?:agen|petugas|cs|operator|karyawan|"
        r"staf) (?:kalian|anda|kamu|nava)\b.{0,25}"
        r"(?:boleh|bisa|tanya|cek|kasih|wewenang|berapa)",
    ),
    "pt": (
        r"\binternamente\b|\bpor dentro\b|\b(?:seus|vossos|teus) (?:atendentes|"
        r"funcionários|agentes|operadores|técnicos)\b.{0,25}"
        r"(?:pod|pergunt|faz|verific|autoriz|oferec|devolv)",
    ),
    "zh": (
        r"(?:你们|贵公司)(?:的)?(?:客服|员工|内部|坐席|人员)[^。?!]{0,12}(?:能|"
        r"可以|最多|会|怎么|权限|问|查)|内部(?:规定|流程|权限|政策)",
    ),
}

# What another company has or asks for.
RIVALS: dict[str, tuple[str, ...]] = {
    "en": (
        r"\b(?:other|another|different|rival|competing) (?:internet )?(?:compan(?:y|"
        r"ies)|providers?|operators?|isps?)\b",
        r"\bcompetitors?\b|\byour (?:rival|competition)\b|\b(?:cheaper|better|faster) than you\b",
    ),
    "fa": (r"(?:شرکت|اپراتور|سرویس ?دهنده)(?: های|ی)? (?:دیگر|دیگه|رقیب)|رقیب|رقبا",),
    "id": (r"(?:provider|operator|perusahaan|toko) (?:lain|sebelah)|pesaing|kompetitor",),
    "pt": (
        r"(?:outra|outras) (?:operadora|empresa|companhia|provedora)s?|outro provedor|"
        r"concorr[eê]n",
    ),
    "zh": (
        r"(?:别|其他|另一|人)家(?:公司|运营商|宽带)?|(?:其他|别的)(?:公司|"
        r"运营商)|竞争对手|竞品",
    ),
}
