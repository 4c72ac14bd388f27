"""The small words by which short chat messages give their language away, chat spelling included.

A word that several of these languages (or their neighbours) share is in none of the lists.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SMALL_WORDS: dict[str, frozenset[str]] = {
    "en": _words(
        """
        the is are was were my your our this that these what what's whats when where which who why
        how how's do does did don't doesn't didn't dont i i'm im i've ive you u you're it's its and
        or with from to of can can't cant could would will won't want need have has had get got
        please pls plz thanks thank thx hi hello hey help there still not no yes any some too very
        again after before since because much many long about bye sorry good morning evening
        """
    ),
    "id": _words(
        """
        yang yg dan di ke dari untuk utk dengan dgn ini itu saya aku gue gw kamu anda kami kita apa
        apakah siapa kapan dimana mana kenapa mengapa bagaimana gimana gmn berapa brp cara bisa bs
        tidak tdk gak ga nggak ngga enggak belum blm sudah sdh udah udh mau ingin minta tolong
        mohon ada tapi tp kalau kalo klo kok ya dong sih nih deh lah nya kak min mbak pak bu
        terima kasih makasih halo hai selamat pagi siang malam sore lagi masih juga saja aja banget
        sekali sangat bukan jangan harus perlu lupa ganti cek bayar
        """
    ),
    "pt": _words(
        """
        o os do da dos das no na nos nas um uma não nao é está esta estou tá ta meu minha meus
        minhas seu sua você voce vc vcs vocês voces eu ele ela isso isto quem qual quais quando
        onde cadê cade porque pq quanto quantos quanta quero queria preciso posso pode tem tenho
        ter fazer faço pra pro com sem mais muito já ja ainda até ate hoje hj amanhã amanha
        ontem oi olá ola obrigado obrigada obg valeu vlw bom boa tarde noite tudo bem ajuda favor
        """
    ),
}

# Persian as it is typed without a Persian keyboard.
FINGLISH: frozenset[str] = _words(
    """
    salam slm khobi khoobi khaste nabashid nabashi mamnoon mamnun merci mersi sepas khoda khodahafez
    hafez lotfan lotfa bebakhshid ro az baraye vase vaseye hast hasti hastam hastid hastesh nist
    nistam bood nabood daram dari darim darid nadaram nadare nadari nadarid konam koni kone
    konim konid kon kardam karde kardim kardid nakard mikonam mikoni mikone mikonid mikonan nakon
    mishe misheh nemishe shod shode nashod nashode beshe besham bashe bashid mikham mikhaam mikhaym
    mikhastam mikhad mikhay bekham begu begoo begid migam mige migid mitoonam mitunam mitoni
    mitooni mitoonid miad miyad biad miram beram mide midid bedid bede bezan bezanam bezanid
    chie chiye chetor chetori chejori chejoori chera chand chande cheghadr cheghad cheqadr
    cheqad cheghadre kei koja kojast kojas kodom aya ke inke vali agar hich hame
    kheili kheyli khayli faghat faqat hanooz hanuz dobare alan emrooz emruz diruz dirooz farda
    emshab sobh zohr shab roz rooz saat mah shoma esme esm esmam ramz ramze ramzam
    shomare shomareh hesab ghabz qabz ghabze pul poolam sorat soratam sorate ghat qat ghate
    vasl kond konde zaif zaife cheragh ghermez sabz khamoosh roshan khoone khune kharid bekharam
    takhfif eshterak gharardad moshkel moshkele dorost kharab kharabe avaz taghir
    """
)

# Those of them that are words elsewhere, too: they count only beside others.
FINGLISH_SHARED: frozenset[str] = _words(
    "merci hast hasti ke kei ro az hame aya kon biad bede mah farda avaz sabz vase dari mide"
)
