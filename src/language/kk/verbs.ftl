# Бағдарламаның адамдарға айтатыны, қазақ тілінде: басқа командалар.

## Жоспар
plan-mb-read = оқылатын МБ
plan-setup = бірінші іздеуге дейін тағы { $seconds } с: галереяны ашу, сұрауларды сипаттау, алдын ала сүзуді өлшеу
plan-all-pairs = барлық жұптар
plan-join = кілттер бойынша біріктіру
plan-powers = { $search }: мәйіттердің көбінде бар локустар бойынша типтелген хабарсыз кеткен адамның мәйіті { $all } отбасының { $likely } отбасында 0.95 немесе одан жоғары, { $even } отбасында 0.5–0.95, { $weak } отбасында одан төмен ықтималдықпен табылар еді
plan-weakest = ең әлсізі: { $list }
plan-weak-family = { $family } ({ $found }; мәйіттерінің жартысында { $score } немесе одан жоғары)
plan-never = ешқашан салыстырылмайды: { $probe } – { $gallery } ({ $article })
plan-fingerprints = саусақ іздері: { $register }
plan-fingerprints-of = саусақ іздері: { $register }, иесі { $owner }
plan-kinship = туыстық
plan-left-out = қатыспайды ({ $category }): сақтау мерзімі өткен – { $expired }, бұғатталған – { $blocked }
plan-loci-linked = { $what }: локустар тәуелсіз ретінде көбейтіледі, ал мыналар бір-біріне жақын: { $pairs }. Туыстар арасында олардың көбейтіндісі дәл емес; толығырақ: docs/kinship.md
plan-locus-pair = { $a } және { $b }
plan-searches-of-families = отбасылар бойынша іздеулер
plan-family-not-searched = { $search }: { $family } отбасы бойынша іздеу жүргізілмейді: { $reason }

## Іске қосу қай жерде
status-run = { $run } іске қосуы – { $state }, басталуы { $began }
state-finished = аяқталған
state-running = орындалуда
state-interrupted = үзілген
part-state-done = аяқталған
part-state-running = орындалуда
part-state-interrupted = үзілген
part-state-not-begun = басталмаған
record-state-living = қолданыста
record-state-blocked = бұғатталған
record-state-archived = архивте
record-state-expired = сақтау мерзімі өткен
status-tiles-of = { $all } ішінен { $done }
status-tiles = { $all } блоктың { $done } орындалды, { $hits } сәйкестік
status-held-by = орындаушы: { $holder }
status-part = { $part }/{ $of } бөлігі: { $state }
status-part-held = { $part }/{ $of } бөлігі: { $state }, { $holder }
status-go-on = жалғастыру: tanba { $verb } --out { $out }
status-parts-left = { $count } бөлік аяқталмаған; олардың `tanba run --part` командасын қайта беріңіз
status-part-run = { $run } іске қосуының { $part } бөлігі: { $tiles } блок, { $comparisons } салыстыру, соңғы реттеуге дейін { $hits } сәйкестік
status-part-was-done = { $run } іске қосуының { $part } бөлігі бұрын орындалған: { $tiles } блок, { $comparisons } салыстыру, соңғы реттеуге дейін { $hits } сәйкестік
status-changed = бұл түнгі іске қосу бұрынғысын жалғастыра алмайды (содан бері өзгергені: { $changed }): әр жұп қайта салыстырылады
status-not-searched = ІЗДЕЛМЕДІ: { $segment } сегментінің { $records } жазбасы ({ $of }): { $file }: { $rule }; оны сақтық көшірмеден қалпына келтіріп, қайта іске қосыңыз
status-when-all-ended = барлық бөлік аяқталғанда: tanba finish --out { $out }
progress-advanced = { $search }: { $all } блоктың { $done } дайын, { $hits } сәйкестік, { $seconds } с қалды
progress-finished = { $search }: { $seconds } с ішінде { $comparisons } салыстыру
progress-hits = { $hits } сәйкестік
progress-waiting = { $out } қалтасына жазып жатқан басқа іске қосу күтілуде
progress-waiting-for = { $out } қалтасына жазып жатқан басқа іске қосу күтілуде ({ $holder })
progress-put-out = { $device } енді қатыспайды, оның блоктарын процессор орындайды: { $fault }

## Сарапшылардың шешімдері
adjudicate-look = қарау
look-first = бірінші
look-second = екінші
look-disputed = даулы
adjudicate-together = басқалармен бірге
adjudicate-queue = қаралатын сәйкестіктер: { $hits }, көрсетілгені: { $shown }; бірінші қарау – { $first }, екінші қарау – { $second }, даулы – { $disputed }; тізімнен тыс: шешілгені – { $decided }, басқа сарапшыны күтетіні – { $waiting }
adjudicate-decided = { $hit }: { $verdict }, сарапшы { $examiner }
adjudicate-replaced = { $hit }: { $verdict }, сарапшы { $examiner }, бұрынғы шешімнің орнына
verdict-identification = сәйкестендірілді
verdict-exclusion = жоққа шығарылды
verdict-inconclusive = айқын емес
verdict-insufficient = материал жеткіліксіз
adjudicate-added = шешімдер қосылды: { $added }, бұрыннан бар: { $present }
adjudicate-exported = { $file } файлына { $count } шешім жазылды
adjudicate-month = ай
adjudicate-decisions = шешімдер
adjudicate-confirmed = расталған
adjudicate-adventitious = кездейсоқ болып шыққан
adjudicate-inconclusive = айқын емес
adjudicate-insufficient = жеткіліксіз
adjudicate-median-days = медиана, күн
adjudicate-waiting = { $waiting } сәйкестік екінші сарапшыны күтеді, { $disputed } даулы ({ $day } күнгі жағдай)
adjudicate-legend = расталған және кездейсоқ болып шыққан: екі сарапшы тиісінше сәйкестендіруге, жоққа шығаруға келіскен
adjudicate-before = { $hits } сәйкестіктің { $decided } бұрын шешілген, { $waiting } екінші сарапшыны күтеді, { $disputed } даулы, { $new } қаралуға тиіс (tanba adjudicate next)
adjudicate-hit = { $hit } сәйкестігі: { $search }, { $article }
adjudicate-a-relative = туысы
adjudicate-score = баға { $score }
adjudicate-blind = басқа сарапшы шешім қабылдаған: баға мен оның қорытындысы көрсетілмейді
adjudicate-own = сіздің шешіміңіз – { $verdict }: { $reason }
adjudicate-not-held = { $record }: галереяда жоқ (файлдағы сұрау ма?)
adjudicate-profile = { $record }: { $category }, тіркелген күні { $day }, жиынтық { $kit }
adjudicate-kit-not-stated = көрсетілмеген
adjudicate-prints = { $record }: { $category }, тіркелген күні { $day }
adjudicate-no-images = бағдарламада минуциялар ғана бар, кескіндер жоқ: іздерді оларды сақтайтын жүйеде қараңыз
adjudicate-agreement = келісім
agreed-not-compared = салыстырылмаған
column-record = жазба
column-position = орны
column-impression = алыну тәсілі
column-quality = сапа

## Галерея
gallery-info = { $gallery } галереясы, { $generation }-буын, бекітілген уақыты { $committed }
column-index = индекс
column-register = тіркелім
column-living = қолданыста
column-gallery-expired = мерзімі өткен
column-segments = сегменттер
column-bytes-per-record = байт/жазба
column-persons = адамдар
column-prints = іздер
column-bytes-per-print = байт/із
gallery-members = отбасы мүшелері: { $members }, жүктелген файлдар: { $imports }
gallery-minutiae = { $register } ({ $owners }): { $least } – { $most } минуция, медиана { $median }; дескрипторлар нұсқасы { $versions }
gallery-verified = { $generation }-буынның { $files } файлы бекітілген күйінде
gallery-broken = бүлінген: { $error }
gallery-changed = { $records }: { $change }, { $generation }-буын
change-blocked = бұғатталды
change-unblocked = бұғаттан шығарылды
change-depersonalised = иесіздендірілді
change-repersonalised = иесіздендіру жойылды
gallery-person = { $person } адамы: { $generation }-буында { $records } жазба, { $day }
gallery-person-record = { $record } ({ $kind } жазбасы, { $category }, { $owner }): тіркелген күні { $day }, { $state }
kind-genomic = геномдық
kind-fingerprint = дактилоскопиялық
gallery-kept-until = { $day } дейін сақталады: { $rule }
gallery-archived = { $day } дейін архивте, салыстырылмайды (L40 15(2))
gallery-holds = мазмұны: { $content }
gallery-loci = аутосомалық локустар: { $count }
gallery-impressions = іздер: { $count }
gallery-depersonalised = иесіздендірілген: іздеулер жеке сәйкестендіргішті көрсетпейді (L40 9(1))
gallery-given-for = { $person } адамын іздейтін { $family } отбасы үшін берілген; іс { $state }
gallery-imported = { $generation }-буында BLAKE3 мәні { $hash } файлдан жүктелген
gallery-sought = { $family } отбасы іздейді; іс { $state }
case-open = ашық
case-closed = жабылған
gallery-no-date = әзірге күні жоқ
gallery-event = { $event }, { $day } ({ $source })
feed-refused = { $file }: қабылданбады; себептері: { $reasons }
feed-recorded = { $file }: { $events } оқиға жазылды, { $known } бұрыннан белгілі; галерея { $generation }-буында
feed-retentions = { $records } жазбаның соңғы күні өзгереді
feed-undated = { $events } оқиғадан күн шықпайды: жолда birth_date жоқ; оны толтырып қайта жіберіңіз
feed-closed = { $families } отбасы: іс жабылды (L40 29(3))
feed-noted = { $records } ескерілді, өзгеріс жоқ: { $reason }
feed-lines-refused = { $lines } жол қабылданбады; себептері: { $reasons }
feed-none = жоқ
destroy-records = { $records } жазба жойылды; галерея { $generation }-буында
destroy-files = { $files } файл өшірілді
destroy-hits = { $run }: { $hits } сәйкестік алынды
destroy-hits-unfinished = { $run }: { $hits } сәйкестік алынды; ол аяқталмаған және енді жалғаса алмайды
destroy-nothing-left = { $bytes } байттық { $files } файлда олардан ештеңе қалмады
destroy-request-number = { $file }: жазба нөмірі онда сұрау салу нөмірі ретінде тұр және қалады
destroy-same-biometrics = { $file }: басқа жазбаның биометриясы дәл сондай, ол қалады
destroy-report = есеп: { $file }

## Жүктеу
import-file = { $file }: { $format }, жазбалар – { $records }
import-finger-file = { $file }: { $format }, жазбалар – { $records }, шаблондар – { $templates }, файлдар – { $files }
import-not-recognised = танылмады
import-family-members = отбасы мүшелері – { $count }
import-pedigree-persons = шежіредегі адамдар – { $count }
import-haplotypes = гаплотиптер – { $count }
import-rejected = қабылданбағаны – { $count }
import-reasons = себептері: { $file }
import-haplotypes-refused = гаплотиптер кестесі қабылданбады, сондықтан бұл жүктеудің бірде-бір файлы енгізілмейді: галереядағы жазбаға кейін гаплотип беруге болмайды
import-family-lines = отбасылардың { $lines } жолы жаңа немесе өзгерген
import-pedigrees = { $count } шежіре жаңа немесе өзгерген
import-known = { $file }: бұрын жүктелген; істейтін ештеңе жоқ
import-present = { $records } жазба бұрыннан бар
import-retention-updates = бұрыннан бар { $records } жазба енді басқа күнге дейін сақталады
import-retention-kept = бұрыннан бар { $records } жазбаның сақтау мерзімі сол күйінде: файлдарда айтылғаны оны алмастырмайды (біріншісі – { $first })
import-added = { $gallery } галереясы { $generation }-буында: { $count } жазба қосылды ({ $category })
import-more = … және тағы { $count }

## Файлда не бар
check-refused = { $file }: қабылданбады
check-file = { $file }: { $format }; { $held }
check-held-refused = қабылданбады
check-templates = { $shown } шаблон
check-transaction = транзакция { $transaction }
check-drawn = { $file } файлында сызылған
column-view = көрініс
column-size = өлшемі
column-endings = соңдары
column-bifurcations = тармақталулар
column-other = басқа
check-image = { $kind } түріндегі кескін, IDC { $idc }: { $positions }, { $algorithm }, { $width } x { $height } пиксель; салыстырылмайды
check-or = немесе

## Галерея журналы
audit-key = кілт: { $file } (оны басқалардан сақтаңыз)
audit-public-key = ашық кілт: { $key } (көшірмесін галерея пайдаланушылары жаза алмайтын жерде сақтаңыз)
audit-verified = { $entries } жазба өзара байланысқан, соңғысы – { $hash }
column-entry = жазба
column-time = уақыты
column-user = пайдаланушы
column-verb = команда
column-outcome = нәтижесі
column-audit-counts = сандар
audit-shown = { $all } жазбаның { $shown } көрсетілді
audit-begins = басталды
audit-of = { $outcome } ({ $entry } жазбасының)
audit-signed = журнал басына { $key } кілтімен қол қойылған: оны басқа жерде сақтайтын кілтпен салыстырыңыз немесе оны --public-key арқылы беріңіз
audit-known-head = журнал басына қол қойылмаған; { $entry } жазбасы берілген көшірмедегідей. Одан кейін жазылғаны кесілген немесе қайта жазылған болуы мүмкін
audit-unsigned = журнал басына қол қойылмаған: журналдың кесіліп, басының қайта жасалғанын да, белгілі бір жазбадан соңына дейін қайта жазылғанын да анықтау мүмкін емес. Оған қол қойыңыз (--audit-key) немесе audit/head.json көшірмелерін басқа жерде сақтаңыз (--known-head)
audit-torn = соңындағы { $bytes } байттық жазба ақаудан үзіліп қалған; келесі команда оны бөлек қояды
audit-open = { $entry } жазбасының ({ $verb }, { $time }, пайдаланушы { $user }) соңы жоқ: ол үзілген немесе әлі орындалуда

## Құрылғылар
devices-none = Vulkan драйвері табылмады: бәрі процессорда орындалады
column-name = атауы
column-kind = түрі
column-driver = драйвер
column-mib-bound = байланған МиБ
column-self-test = өзін-өзі тексеру
column-kernel = ядро
column-pairs-per-second = секундына жұп
column-of-paper = паспорттағының %
column-dispatched = % жіберу
column-read-back = % қайта оқу
column-mb-sent = жіберілген МБ
column-mb-read = оқылған МБ
column-numbers = сандар
column-against-processor = процессормен салыстырғанда
devices-equal = тең

## Верификация, саясат, кілттер, қағидалар, есеп
verify-confirmed = жеке басы расталды
verify-not-confirmed = жеке басы расталмады
verify-score = баға { $score }, қажеті { $threshold }: әртүрлі адамдар бұған салыстырулардың { $rate } үлесінде жетеді ({ $calibration })
verify-finger = { $probe } – { $gallery }: { $score }
verify-rule = қағида: { $rule }; { $purpose } ({ $article })
policy-set = «{ $name }» саясаты күшінде ({ $hash })
policy-in-force = «{ $name }» саясаты: рөл, негіз және іс талап етіледі
policy-none = саясат жоқ: ештеңе талап етілмейді. Рөлін немесе негізін айтқан адамға құжатталған әдепкі ереже қолданылады:
policy-legend = индекстер жұптары + тіркелімдер жұптары + верификация тіркелімдері; - көрсетуге болмайды
keys-made = { $name } кілті { $file } файлында бірінші
keys-keep = кілт файлының көшірмесін галереядан бөлек жерде сақтаңыз: онсыз шифрланған ештеңені оқуға болмайды
rules-traces = іздер
rules-least-loci = ең аз локус
rules-source = дереккөз
report-written = { $file }: { $bytes } байт
report-outside = іске қосу қалтасынан тыс есеп онымен бірге жойылмайды: `hits expunge` және `gallery destroy` оған жетпейді

## Қатенің шығу коды нені білдіреді (docs/languages.md)
error-usage = қате (команда дұрыс емес)
error-input-rejected = қате (файл қабылданбады)
error-incomplete = қате (жұмыс аяқталмады)
error-refused = қате (заң немесе саясат тыйым салады)
error-integrity = қате (деректер тұтастығы бұзылған)

## Іздеуден тыс, жойылған нәтижелер
ask-left-out = қатыспайды: { $error }
expunge-other = { $folder } { $case } ісіне байланбаған: тиіспедік
expunge-folder = { $folder } жойылды
expunge-results = { $case } ісінің { $results } нәтижесі жойылды: { $files } файл, { $bytes } байт үстінен жазылып, өшірілді
expunge-not-reached = жетпегені: басқа жердегі көшірмелер, экспорттар мен сақтық көшірмелер; файлдық жүйенің суреттері, журналдары және copy-on-write блоктары; диск көшірген блоктар

## Іздеу неге осы жолмен жүреді
way-newer-only = тек бір жағы жаңарақ жұптар салыстырылады
way-stringency = { $stringency } қатаңдықта өзгеше жиындар да сәйкес келуі мүмкін: кілт жоқ
way-typed-otherwise = қағидалар басқаша типтелген жиындарды да сәйкес деп санайды: кілт жоқ
way-asked = сұралған
way-adapters = тек адаптерлер салыстыруға тиіс, ал оларда біріктіру жоқ
way-memory = жад шектеулі, ал біріктіру әр жазбаның кілттерін ұстайды
way-no-exact = ешбір жазба рұқсат етілген сәйкессіздіктен көп локуста дәл типтелмеген: кілт жоқ
way-nothing = салыстыратын ештеңе жоқ
way-records = { $keyed } жазбада локустардың { $blocks } блогының кілттері бар, { $pool } жазбада жоқ
way-asked-records = сұралған; { $records }
way-join-faster = { $records }; біріктіру шамамен { $join }, барлық жұптар { $pairs } алады
way-pairs-faster = { $records }; барлық жұптар шамамен { $pairs }, біріктіру { $join } алады
way-too-many = { $pairs } жазба жұбының ортақ кілті бар, бұл күтілгеннен әлдеқайда көп

## Екі тізім неге өзгеше болуы мүмкін
differ-generations = галереяның { $before }-буыны, кейін { $after }-буыны
differ-parameter = { $name } параметрі
differ-kernels = салыстырғыштар нұсқалары
differ-searches = жасалған іздеулер
differ-newer-only = кейінгісі тек { $generation }-буыннан жаңа жұптарды салыстырды: басқалары жоғалған жоқ, олар бұрын табылған
way-seconds = { $seconds } с
