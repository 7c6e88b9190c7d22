# Бағдарламаның адамдарға айтатыны, қазақ тілінде: іске қосу беті.

## Бет
report-title = Tanba: { $run } іске қосуының есебі
report-skip = Есепке өту
report-kind = Tanba · іске қосу есебі
report-not-whole = Бұл іске қосу толық емес
report-to-look-at = Қарауды қажет етеді
report-nothing-open = Назар аударатын ештеңе жоқ
report-which = { $run } іске қосуы, басталуы: { $began }
report-parts = Есеп бөлімдері
report-nav-attention = Назар аударыңыз
report-nav-ran = Не орындалды
report-stages = Кезеңдер
report-nav-bands = Аралықтар
report-nav-new = Жаңасы
report-nav-scores = Бағалар
report-accuracy = Дәлдік
report-nav-clusters = Топтар
report-strongest = Ең күшті сәйкестіктер
report-rejected = Қабылданбаған жүктемелер
report-nav-left-out = Қатыспағандар
report-nav-prediction = Болжам
report-again = Қайта тексеру

## Назар аударыңыз
report-not-found = Ізделді, бірақ табылмады:
report-chance-both = Кездейсоқ күтіледі: модель бойынша барлық іздеуде бірге күтілетін туыс емес немесе әртүрлі адамдардың сәйкестіктері; туыстар мен егіздер бұл санды арттырады.
report-chance-profiles = Кездейсоқ күтіледі: модель бойынша барлық іздеуде бірге күтілетін туыс емес адамдардың сәйкестіктері; туыстар мен егіздер бұл санды арттырады.
report-chance-fingers = Кездейсоқ күтіледі: модель бойынша барлық іздеуде бірге күтілетін әртүрлі адамдардың сәйкестіктері; туыстар мен егіздер бұл санды арттырады.
report-count-queries = Осы сандардың сұраулары
report-whole-run = бүкіл іске қосу
report-query-of = Сұрау: { $table }
report-numbers-and-query = Сандар мен сұрау: { $table }

## Не орындалды
report-ran = Не орындалды және қандай негізде
report-bound = Бұл нәтиже іске байланған. Ол іс материалдарымен бірге сақталады және солармен бірге жойылады (`tanba hits expunge`), бұл бет те сондай.
report-not-bound = Тұрақты іздеулер: әрқайсысының негізі – оның бабы. Нәтиже ешқандай іске байланбаған.
report-run-in-full = Іске қосу толық
report-parameters = Параметрлер
report-run-id = іске қосу
report-run-began = басталуы (UTC)
report-run-alive = жазбалар қолданыстағы күн
report-run-generation = галерея буыны
report-run-manifest = манифестінің BLAKE3 мәні
report-run-since = жалғастырылған іске қосу
report-run-release = tanba шығарылымы
report-run-schema = сәйкестіктер схемасының нұсқасы
report-run-simd = командалар жиыны
report-run-threads = ағындар
report-run-tile-probes = блоктағы сұраулар
report-run-tile-rows = блоктағы галерея жолдары
report-run-memory = ең көп алынған жад, байт
report-run-kernels = салыстырғыштар
report-parameter-kind = шек таңдалған тәсіл
report-parameter-value = оның мәні
report-parameter-rules = сәйкестендіру қағидалары
report-parameter-version = нұсқасы
report-parameter-rules-hash = қағидалардың BLAKE3 мәні
report-parameter-mismatches = сәйкес келмеуі мүмкін локустар
report-parameter-loci = салыстырылатын локустардың ең аз саны
report-parameter-frequencies = аллельдер жиілігі
report-parameter-theta = тета
report-parameter-rare = сирек аллельдер
report-parameter-top = бір сұрауға қалдырылатын сәйкестіктер
report-parameter-prior = априорлық ықтималдық
report-parameter-transmission = аллельдердің тұқым қуалауы
report-parameter-owners = иелер арасында
report-parameter-purpose = іс мақсаты
report-case = іс
report-case-role = рөлі
report-case-ground = негізі
report-case-asker = сұраған
report-case-unit = бөлімше

## Кезеңдер мен аралықтар
report-stages-note = Әр салыстыру бір рет саналады: оны алдын ала сүзу тоқтатты немесе ол толық бағаланды. Сәйкестік – бағасы шекке тең немесе одан жоғары жұп.
report-bands = Аралықтар бойынша сәйкестіктер және кездейсоқ күтілетіні
report-bands-note = Бағандар – сәйкестіктер, сызықтар – туыс емес адамдар арасында күтілетін кездейсоқ сәйкестіктер (үзік сызық: осьте көрсетілгеннен аз). Сызық бағанға жақын болса, сәйкестіктерді кездейсоқтық түсіндіреді.
report-no-bands = Саусақ іздері бойынша іздеулерде аралықтар жоқ; шекте кездейсоқ күтілетіні болжамдар кестесінде.
report-new = Соңғы іске қосудан кейінгі жаңасы
report-against-run = { $run } іске қосуымен салыстырғанда.
report-delta-against = Бұл іске қосу тек жаңа жұптарды салыстырды: бұрын салыстырылған жұптардың сәйкестіктері тек бұрынғы тізімде.
report-delta = Бұл іске қосу бұрынғысын жалғастырады: ол тек бір жағы жаңа жұптарды салыстырды, сондықтан оның барлық сәйкестігі жаңа.
report-no-previous = Бұрынғы іске қосу көрсетілмеген (`--previous`). Жұпты мүмкін еткен галерея буыны бойынша:
report-scores = Бағалар және шек
report-scores-note = Алдын ала сүзуден өткен жұптар дәл бағасы бойынша; сәйкестіктер түспен бөлінген; тік сызық – шек. Туыстық бойынша іздеуде локус жоққа шығаратын жұптардың осьте орны жоқ; олар кестеде.

## Дәлдік
report-accuracy-note = Бұл тізілімнің шындығы белгілі. Бұл сандар – `tanba evaluate` сандары; іске қосу шегінен төменде ештеңе белгісіз.
report-calibration = Кездейсоқтықты калибрлеу
report-calibration-note = Туыс емес адамдардың сәйкестіктері баға аралықтары бойынша, барлық іздеу бірге, кездейсоқтық моделі күткенімен салыстырғанда. Модель тым көп күтсе, аралық тиісті орнынан оңға, тым аз күтсе, солға ығысады.

## Топтар
report-clusters = Бір дереккөзден болуы мүмкін жазбалар топтары
report-clusters-note = Сызықтар – бағасы көрсетілген сәйкестіктер; үзік сызық – ең әлсіз байланыс, онсыз топ екіге бөлінеді. Ең көбі { $top } топ сызылған; барлығы `clusters.parquet` файлында. Үлкен топтар атауларсыз сызылады.
report-no-cluster = Топ жоқ.

## Сәйкестіктер
report-strongest-note = Әр іздеуден ең көбі { $top }; барлығы `hits.parquet` файлында.
report-no-hits = Сәйкестік жоқ.
report-made-of = Бұл бағалар неден құралған
report-made-of-note = Әр іздеудің біріншісі тізімдегідей, галерея жазбалары бойынша қайта салыстырылған; `tanba explain` кез келген сәйкестікті барлық ізімен көрсетеді.
report-pair = { $search }: { $probe } және { $gallery }
report-pair-of-family = { $search }: { $probe } және { $gallery }, { $family } отбасы
report-not-drawn = Сызылмады: { $reason }
report-with-gallery = `--gallery` берілсе, әр іздеудің біріншісі осында сызылады.

## Қабылданбағандар, қатыспағандар, болжам
report-rejected-note = Қашан жүктелгеніне қарамастан, қазір галерея карантинінде тұрғанның бәрі.
report-no-quarantine = Белгісіз: галерея көрсетілмеген (`--gallery`) немесе оның карантині жоқ.
report-left-out = Қатыспаған жазбалар
report-left-out-note = Сақтау мерзімі өткен немесе бұғатталған жазба ешқандай іздеуге қатыспайды. Биологиялық туыс тек келісімімен және іс ашық болғанда қатысады. Жазба бірнеше іздеуден тыс қалуы мүмкін.
report-prediction = Болжам және шындық
report-prediction-note = Кездейсоқ сәйкестіктер – туыс емес адамдардікі: іздеу осыдан артық сәйкестіктер үшін жасалады. Секундтар іске қосу алдында осы машинаның процессорында өлшенген жылдамдықпен болжанған.
report-again-note = Әр сұрау іске қосу қалтасында DuckDB арқылы сол сандарды береді. Диаграммалар қасындағы кестелер бойынша сызылған. `tanba report --json` барлық кестені сұрауларымен басып шығарады.
report-made-by = tanba { $version } жасады. Бұл бетте жазбалар мен адамдар аталған: оны сәйкестіктер тізімі сияқты қорғаңыз.
report-excluded = жоққа шығарылды
yes = иә
no = жоқ

## Не ізделді
report-check-unlawful = болмауға тиіс сәйкестік
report-check-unlawful-advice = шындық бойынша салыстыруға болмайтын жазбалардікі: тоқтатып, хабарлаңыз
report-check-not-drawn = сызу мүмкін болмаған сәйкестік
report-check-not-drawn-advice = себебі сурет орнында жазылған
report-check-put-out = істен шығарылған құрылғы
report-check-put-out-advice = олардың блоктарын процессор орындады; сәйкестіктер сол күйінде
report-check-set-aside = галереяның ізделмеген сегменті
report-check-set-aside-advice = оларды сақтық көшірмеден қалпына келтіріп, қайта іске қосыңыз: олардың жазбалары ешкіммен салыстырылмады
report-check-large-clusters = үш немесе одан көп жазбадан тұратын топ
report-check-large-clusters-advice = бір әлсіз байланыс екі адамды біріктіріп жіберуі мүмкін: біріктірмес бұрын қараңыз
report-check-clusters = бір дереккөзден болуы мүмкін жазбалар тобы
report-check-clusters-advice = бірнеше рет тіркелген адамдар, бір дереккөздің іздері
report-check-excluding = жоққа шығаратын локусы бар сәйкестік
report-check-excluding-advice = типтеу қателері болатындықтан тізімде; типтеу бойынша шындыққа ұқсастық қатынасы нөл
report-check-contradicted = тектік маркерлер немесе амелогенин қарсы сәйкестік
report-check-contradicted-advice = баға бұл маркерлерді ескермейді: оларды бағамен қатар оқыңыз
report-check-contested-bodies = бірнеше отбасына сәйкес келетін мәйіт
report-check-contested-bodies-advice = ең көбі біреуі солардікі: бірге шешіңіз
report-check-contested-families = бірнеше мәйіт сәйкес келетін отбасы
report-check-contested-families-advice = ең көбі біреуі солардікі: бірге шешіңіз
report-check-new = бұрынғы іске қосуда болмаған сәйкестік
report-check-new-advice = алдымен қаралады
report-check-undecided = ешбір сарапшы шешпеген сәйкестік
report-check-undecided-advice = кезекті tanba adjudicate next көрсетеді
report-check-rejected = галерея карантиніндегі жол
report-check-rejected-advice = бұл файлдардың жазбалары галереяда жоқ

## Кестелер атауы
report-caption-night = Бүкіл іске қосу
report-caption-searches = Іздеулер, әрқайсысына рұқсат беретін бап және шегі
report-caption-stages = Іздеудің әр кезеңіндегі жұптар
report-caption-finger-stages = Алдын ала сүзудің әр кезеңінен өткен саусақ ізі жазбаларының жұптары
report-caption-bands = Шектен жоғары баға аралықтары бойынша сәйкестіктер және онда кездейсоқ күтілетіні
report-caption-histogram = Алдын ала сүзуден өткен жұптардың дәл бағалары, бір рет (log10) қадаммен
report-caption-generations = Екі жазбаның кейінгісі келген галерея буыны бойынша сәйкестіктер
report-caption-new = Бұрынғы іске қосуда болмаған сәйкестіктер
report-caption-left-out = Әр іздеуге қатыспаған жазбалар және себебі
report-caption-set-aside = Галереяның ізделмеген сегменттері
report-caption-prediction = Болжанғаны және болғаны
report-caption-devices = Құрылғылар
report-caption-lineage = Тектік маркерлер қорытындысы бойынша сәйкестіктер (бағаға кірмейді)
report-caption-strongest = Әр іздеудің ең күшті сәйкестіктері
report-caption-cluster-sizes = Топтар көлемі бойынша
report-caption-clusters = Алдымен қаралатын топтар: ең үлкендері, содан кейін байланысы ең әлсіздері
report-caption-rejected = Галерея карантиніндегі қабылданбаған жүктемелер, файл мен қағида бойынша
report-caption-accuracy = Сәйкестіктер және шындық
report-caption-calibration = Барлық іздеудегі табылған және күтілген кездейсоқ сәйкестіктер, шектен жоғары log10 бойынша

## Бағандар
column-searches = іздеулер
column-in-full = толық бағаланған
column-clusters = топтар
column-records-left-out = қатыспаған жазбалар
column-article = бап
column-searched = ізделген
column-records = жазбалар
column-searched-in = қайдан ізделген
column-threshold-log10 = шек, log10
column-since-generation = буыннан бастап
column-screened-out = алдын ала сүзу тоқтатқан
column-stage = кезең
column-passed = өткені
column-from-log10 = бастап, log10
column-to-log10 = дейін, log10
column-of-these-hits = соның ішінде сәйкестік
column-generation = буын
column-known-before = бұрыннан белгілі
column-only-before = тек бұрынғы тізімде
column-expired = сақтау мерзімі өткен
column-blocked = бұғатталған
column-relatives-not-usable = пайдалануға болмайтын туыстар
column-no-impression = салыстыруға жарамды ізі жоқ
column-impressions-not-compared = салыстырылмаған іздер
column-segment = сегмент
column-of = санаты
column-file = файл
column-what-is-wrong = қате неде
column-predicted-seconds = болжанған секунд
column-device = құрылғы
column-tiles = блоктар
column-put-out-because = істен шығарылу себебі
column-y-supported = Y-STR растайды
column-inconclusive = айқын емес
column-exclude = жоққа шығарады
column-mt-supported = мтДНҚ растайды
column-excludes = жоққа шығарады
column-amelogenin-agrees = амелогенин сәйкес
column-differs = өзгеше
column-person = адам
column-family = отбасы
column-score-log10 = баға, log10
column-chance-this-good = осындай кездейсоқ сәйкестіктер
column-records-in-cluster = топтағы жазбалар
column-weakest-of-all = ең әлсіз байланыс, log10
column-cluster = топ
column-weakest-link = ең әлсіз байланыс, log10
column-between = бір жағы
column-and = екінші жағы
column-rejected = қабылданбаған
column-mated-pairs = бір адамның жұптары
column-missed = өткізіп алынған
column-hits-of-twins = егіздер сәйкестіктері
column-of-relatives = туыстардікі
column-must-not-exist = болмауға тиіс
column-score-above = шектен жоғары баға
column-expected = күтілген
column-count = саны

## Диаграммалар
chart-cluster = { $search }: { $cluster } тобы және оның сәйкестіктері
chart-trades = Қателер арақатынасы: өткізіп алынған жұптар үлесі және бір салыстыруға келетін кездейсоқ сәйкестіктер
chart-per-comparison = бір салыстыруға келетін кездейсоқ сәйкестіктер
chart-share-missed = өткізіп алынған жұптар үлесі
chart-none = жоқ
chart-calibration = Калибрлеу: табылған және күтілген кездейсоқ сәйкестіктер, баға аралықтары бойынша
chart-as-expected = күтілгендей
chart-found-root = табылғаны, ± квадрат түбірі
chart-chance-expected = күтілген кездейсоқ сәйкестіктер
chart-chance-found = табылған кездейсоқ сәйкестіктер
chart-bands = { $search }: сәйкестіктер (бағандар) және күтілетін кездейсоқ сәйкестіктер (сызықтар), баға аралықтары бойынша
chart-histogram = { $search }: толық бағаланған жұптар, олардың ішіндегі сәйкестіктер және шек
chart-stages = Салыстырылған, толық бағаланған жұптар және сәйкестіктер, іздеулер бойынша (логарифмдік)
chart-compared = салыстырылған
chart-prediction = Болжанған және жұмсалған секундтар, іздеулер бойынша (логарифмдік)
chart-predicted = болжанған
chart-taken = жұмсалған
chart-band-to = { $from } – { $to }
chart-band-more = { $from } және одан жоғары
chart-band-fingers = барлық баға, саусақ іздері

## Заңның санаттары (docs/languages.md)
category-convict = сотталған адам
category-trace = анықталмаған адам (із)
category-corpse = танылмаған мәйіт
category-relative = хабарсыз кеткен азаматтың биологиялық туысы
category-citizen = Қазақстан Республикасының азаматы
category-seafarer = теңізші
category-resident = шетелдік немесе азаматтығы жоқ адам
category-refugee = пана іздеген адам немесе босқын
category-expelled = шығарып жіберуге немесе реадмиссияға жататын адам
category-visa = виза алуға өтініш берген адам
category-convict-register = ұстап алынған, күзетпен ұсталатын немесе сотталған адам
