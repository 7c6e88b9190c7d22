# Бағдарламаның адамдарға айтатыны, қазақ тілінде: жұп неге сәйкестік немесе сәйкестік емес.

## Жұп неге сәйкестік болды
explain-hit = { $hit } сәйкестігі: { $search }, { $article }; қағида: { $rule }
explain-record = { $record }: { $category }, иесі { $owner }, тіркелген күні { $day }
explain-record-kit = { $record }, жиынтық { $kit }
explain-record-partial = { $record }, толық емес
explain-kin = { $record }: { $family } отбасының хабарсыз кеткен адамына туыстығы – { $kinship }
explain-score = баға { $score }, шек { $threshold }; осы бағада күтілетін кездейсоқ сәйкестіктер: { $chance } ({ $calibration })
explain-posterior = тізімдегі апостериорлық ықтималдық: { $posterior }
explain-checked = қайта саналды және тізіммен тең: { $list }
explain-drawn = сызылды: { $file }
explain-typed = типтелген: { $record }, { $role }
explain-raised = * кестеде азырақ немесе жоқ: сирек аллельдер қағидасымен көтерілген
explain-log10 = шындыққа ұқсастық қатынасының log10 мәні ({ $relation }): { $log10 }
explain-zero = шындыққа ұқсастық қатынасы ({ $relation }) 0-ге тең: локус жоққа шығарады
explain-turned = { $probe } және { $gallery }: { $degrees } градусқа бұрылған; жұптасқан минуциялар (500 dpi пикселі, градус):
explain-turned-after = { $probe } және { $gallery }: { $turns } ширек айналымнан кейін { $degrees } градусқа бұрылған; жұптасқан минуциялар (500 dpi пикселі, градус):

## Бағандар
column-locus = локус
column-agree = келісім
column-frequency = жиілік
column-lr = ШҚ
column-log10 = қосады, log10
column-sum = қосынды
column-note = ескертпе
column-minutiae = минуциялар
column-paired = жұптасқан
column-similarity = ұқсастық
column-evidence = дәлел
column-after-tries = талпыныстан кейін
column-counts = есепке алынады
column-pair = жұп
column-type = түрі
column-probe-xy = сұрау x, y
column-gallery-xy = галерея x, y
column-direction = бағыт
column-apart = арақашықтық
column-turned = бұрылған
column-weight = салмақ
column-probe-position = сұрау
column-gallery-position = галерея

## Сандар неге негізделген
explain-convention = { $name } – { $value }
explain-hash = { $name } (хеш { $hash })
explain-rules = қағидалар
explain-equal = тең генотиптер
explain-match = сәйкестік ықтималдығы, NRC II 4.10
explain-contains = бір жиын екіншісін қамтиды
explain-inclusion-commoner = жиірек кездесетін жақтың қамтылу ықтималдығы
explain-failing = сәйкес келмейтін локус
explain-failing-adds = бағаға { $penalty } қосады; шындыққа ұқсастық қатынасы 0
explain-transmission = тұқым қуалау
explain-no-mutation = мутациясыз
explain-positions = орындар мен бағыттар
explain-positions-value = 500 dpi пикселі, x оңға, y жоғары; градустар сағат тіліне қарсы
explain-direction = іздердің бағыты
explain-upright = тік, сегізден бір айналымға дейін ауытқумен
explain-any-direction = кез келген: төрт ширек айналымның ең жақсысы есепке алынады
explain-fusion = біріктіру
explain-fusion-fisher = Фишер әдісі, { $correlation } корреляциясы үшін Браун (1975) бойынша масштабталған
explain-fusion-best = ең жақсы із, талпыныстар санының log10 мәні шегерілген
explain-codes = сәйкестік түрі (ANSI/NIST-ITL 9.361)
explain-codes-value = D: 255-тен { $definite } немесе одан жоғары салмақпен жұптасқан, P: одан азымен жұптасқан, N: екіншісі сол жерді көрсеткенде табылмаған, R: одан тыс, U: сапасы { $unclear } деңгейінен төмен N; бағдарлама ұсынған
explain-sum-of-loci = локустар қосындысы, mban
explain-score-of-fingers = саусақтар бағасы, mban

## Локус
explain-of-pair = екеудің туыстығы, тетамен, мутациясыз
explain-of-pedigree = шежіре, тета және мутациямен
explain-inclusion = қамтылу ықтималдығы
explain-sharing = ортақ аллель болу ықтималдығы
explain-neighbours = көрші микронұсқалармен қамтылу ықтималдығы
explain-passed-over = қағидалар оны қарамайды
explain-read-as = { $typed } мәні { $read } деп оқылады
explain-lacks-required = сәйкес емес: бір жақта екіншісі міндетті деп белгілеген аллель жоқ
explain-fails = { $stringency } қатаңдықтан өтпейді: { $reached }
explain-fails-floor = { $stringency } қатаңдықтан өтпейді: { $reached }, әрі сәйкес келмейтін локус жетуге тиіс деңгейден төмен
explain-no-allele-shared = ортақ аллель жоқ
explain-sets-equal = жиындар тең
explain-share = ортақ аллель бар, бірақ бірі екіншісін қамтымайды
explain-table-lacks-adds = жиіліктер кестесінде локус жоқ: ол ештеңе қоспайды
explain-by-microvariant = тек көрші микронұсқалар бірдей саналғандықтан сәйкес
explain-wildcard = анықталған мән аллельді атамайды және сәйкестікке ең қолайлы түрде оқылады
explain-no-known = бір жақта белгілі аллель жоқ немесе аллельсіз екі мән бар
explain-one-side = тек бір жақта типтелген
explain-excludes = жоққа шығарады: мутациясыз мүмкін емес
explain-table-lacks = жиіліктер кестесінде локус жоқ
explain-not-in-body = мәйітте типтелмеген
explain-body-alone = тек мәйітте типтелген
explain-body-mixed = мәйіттің типтелуі барлық аллелі белгілі бір адамдікі емес
explain-relatives-mixed = ешбір туыстың типтелуі барлық аллелі белгілі бір адамдікі емес
stringency-high = жоғары
stringency-moderate = орташа
stringency-low = төмен
stringency-none = жоқ

## Саусақтар
explain-best-impression = ең жақсы із
explain-fused = { $count } саусақ біріктірілді
explain-fused-equal = бірдей орындағы { $count } саусақ біріктірілді; басқа орында табылған { $rest } есепке алынбайды
explain-fused-across = ауыстырылған қолдардың { $count } саусағы біріктірілді, { $tries } талпыныстың ең жақсысы

## Туыстық және рөлдер
kin-father = әкесі
kin-mother = анасы
kin-child = баласы
kin-full-sibling = ата-анасы бір бауыры
kin-half-sibling = ата-анасының бірі бөлек бауыры
kin-grandparent = атасы немесе әжесі
kin-grandchild = немересі
kin-uncle-aunt = ата-анасының бауыры
kin-nephew-niece = жиені немесе бауырының баласы
kin-first-cousin = немере туысы
kin-second-cousin = шөбере туысы
kin-own = өзі
kin-unrelated = туыс емес
kin-relative = туысы
kin-body = мәйіт

## Суреттер
picture-waterfall = Локустар бойынша шындыққа ұқсастық қатынасы: { $probe } және { $gallery }
picture-waterfall-heading = { $probe } және { $gallery }: шындыққа ұқсастық қатынасының log10 мәні, локус сайын
picture-adds = қосады
picture-sum = қосынды
picture-sum-told = { $list }; қосынды { $sum }; { $threshold }
picture-threshold = шек { $threshold }
picture-waterfall-legend = үзік, іші бос бағандар кемітеді; үзік сызық – сәйкестіктің ең төменгі бағасы
picture-pedigree = { $family }: { $body } мәйіті хабарсыз кеткен адамның орнында
picture-the-family = отбасы
picture-pedigree-legend = шаршы: ер адам, шеңбер: әйел, ромб: жынысы белгісіз; боялған: типтелген; ?: хабарсыз кеткен
picture-person = { $number }-адам: { $who }
picture-missing = хабарсыз кеткен адам, { $record } жазбасымен салыстырылған
picture-typed = { $record }, { $role }, типтелген
picture-not-typed = типтелмеген
picture-father = әкесі { $number }
picture-mother = анасы { $number }
picture-prints = { $probe } ({ $at }) және { $gallery } ({ $where })
picture-prints-paired = { $title }: жұптасқан минуциялар – { $count }
picture-print = { $record } – { $position }, { $impression }
picture-prints-legend = дөңгелек: сызық соңы, шаршы: тармақталу, үшбұрыш: басқа; боялған, нөмірленген: жұптасқан; бос: жұпсыз; кіші: екіншісінің аймағынан тыс
picture-pair-told = { $number }: { $code }, { $distance } px, { $degrees } градус айырма
picture-prints-told = { $shown }; баға { $score } mban; { $pairs }
picture-prints-turned-told = { $shown }; алдымен сол жақтағысы { $turns } ширек айналымға бұрылды; баға { $score } mban; { $pairs }

## Жұп неге сәйкестік емес
why-of-search = { $search }, { $run } іске қосуы: { $text }
why-of-run = { $run } іске қосуы: { $text }
why-hit = бұл сәйкестік: { $hit }
why-earlier = екі жазба да { $generation }-буында болған, оны { $run } іске қосуы салыстырған: бұл іске қосу одан жаңасын салыстырады; оның жауабы келесі
why-earlier-not-given = екі жазба да { $generation }-буында болған, оны { $run } іске қосуы салыстырған: бұл іске қосу одан жаңасын салыстырады; оның қалтасын тағы бір --run арқылы беріңіз
why-an-earlier-run = бұрынғы
why-better-relative = жұп шекке жетеді, бірақ сол отбасының { $record } туысы одан жоғары: { $hit } сәйкестігі
why-top = жұп шекке жетеді, бірақ іске қосу әр сұраудың ең жақсы { $top } сәйкестігін ғана қалдырады
why-not-finished = { $out } қалтасындағы іске қосу аяқталмаған: { $all } жұмыс бөлігінің { $done } орындалды, ал тізім барлығынан құралады; `tanba resume --out { $out }` жалғастырады
why-not-held = { $record } жазбасы галереяда жоқ: ол ешқашан жүктелмеген, жүктеуде қабылданбаған немесе жойылған
why-one-not-held = жазба галереяда жоқ
why-no-search = іске қосуда { $probe } пен { $gallery } арасында іздеу жоқ; оның іздеулері: { $list }
why-law = салыстыруға жол берілмейді: { $rule } ({ $article })
why-law-relatives = хабарсыз кеткен азаматтардың биологиялық туыстарының геномдық ақпараты танылмаған мәйіттер бойынша жеке басты анықтау мақсатында ғана пайдаланылады
why-two-kinds = бір жазба – профиль, екіншісінде саусақ іздері: олар ешқашан салыстырылмайды
why-not-yet = әлі салыстырылмаған: { $record } жазбасы галереяның { $generation }-буынымен келді, ал іске қосу { $compared }-буынды салыстырды; келесі түнгі іске қосу салыстырады
why-set-aside = { $record } жазбасы файлы бүлінген сегментте, іске қосу оны қарамады
why-blocked = { $record } жазбасы бұғатталған және ешқандай іздеуге қатысқан жоқ ({ $article })
why-expired = { $record } жазбасының сақтау мерзімі { $day } күніне дейін өткен ({ $article })
why-stands-for = туыстың отбасы осы мәйітпен сәйкестік: { $hit } оны отбасы атынан тұрған { $record } жазбасымен көрсетеді
why-no-family = галереяның ешбір отбасы { $record } жазбасын атамайды
why-no-consent = { $record } жазбасының { $family } отбасы бойынша келісімі жоқ (L40 18(2))
why-case-closed = { $family } отбасы бойынша іздестіру жабылған (L40 29(3))
why-below = { $score } бағасы { $threshold } шегінен төмен
why-not-included = { $rules } қағидалары { $records } профилін қамтымайды
why-few-loci = { $compared } локус салыстырылды, ал { $rules } қағидалары { $least } талап етеді
why-many-fail = { $failing } локус сәйкес емес ({ $loci }), ал { $rules } қағидалары { $most } рұқсат етеді
why-not-satisfied = сәйкес локустар – { $rules } қағидалары талап ететіндер емес
why-family-not-searched = отбасы бойынша іздеу жүргізілмейді: { $why }
why-no-place = туыс заң бойынша биологиялық туыс емес немесе шежіреде оған орын жоқ
why-few-say = { $counted } локус мәлімет береді, ал іске қосу { $least } талап етеді
why-excluding = шындыққа ұқсастық қатынасы 0 (шек { $threshold }): жоққа шығаратын локустар: { $loci }
why-no-finger = жазбаларда ортақ саусақ жоқ: бірінде басқалары немесе тек бақылау іздері
why-no-skin = жазбаларда бір тері аймағынан болуы мүмкін іздер жоқ
why-full-reaches = толық салыстыру { $score } береді, шек { $threshold }
why-other-owner = { $record } жазбасының иесі – { $owner }, ал бұл іздеу { $searched } жазбалары бойынша
why-not-passed = ол алдын ала сүзуден өтпеді
why-fell-mark = ол алдын ала сүзуде қалды: ең жақсы іздің бастапқы бағасы { $best }, өту үшін { $bound } керек
why-fell-all = ол алғашқы екі саусақтан өтіп, барлығының қосындысында қалды: { $fingers } саусаққа { $bound } керек
why-fell-first = ол алдын ала сүзуде қалды: алғашқы { $fingers } саусақтың бастапқы бағаларының қосындысы { $sum }, өту үшін { $bound } керек

## Орындар мен іздер (ISO/IEC 19794-2)
position-right-thumb = оң бас бармақ
position-right-index = оң сұқ саусақ
position-right-middle = оң ортаңғы саусақ
position-right-ring = оң аты жоқ саусақ
position-right-little = оң шынашақ
position-left-thumb = сол бас бармақ
position-left-index = сол сұқ саусақ
position-left-middle = сол ортаңғы саусақ
position-left-ring = сол аты жоқ саусақ
position-left-little = сол шынашақ
position-unknown = белгісіз
impression-live-plain = тікелей, басып алынған
impression-live-rolled = тікелей, айналдыра алынған
impression-nonlive-plain = бояумен, басып алынған
impression-nonlive-rolled = бояумен, айналдыра алынған
impression-latent-impression = оқиға орнынан алынған із
impression-latent-photo = іздің фотосуреті
impression-latent-lift = таспаға көшірілген із

## Кездейсоқтық қалай белгілі
calibration-model = модель бойынша
calibration-measured = өлшенген
calibration-extrapolated = экстраполяцияланған
