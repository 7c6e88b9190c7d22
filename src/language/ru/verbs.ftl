# То, что программа говорит людям, по-русски: остальные команды.

## План
plan-mb-read = читается, МБ
plan-setup = и { $seconds } с до первого поиска: открытие галереи, описание запросов, измерение предварительного отбора
plan-all-pairs = все пары
plan-join = соединение по ключам
plan-powers = { $search }: труп без вести пропавшего, типированный по локусам, которые есть у большинства трупов, был бы найден с вероятностью 0.95 и выше в семьях: { $likely } из { $all }, от 0.5 до 0.95: { $even }, меньше: { $weak }
plan-weakest = слабейшие: { $list }
plan-weak-family = { $family } ({ $found }; у половины трупов { $score } или более)
plan-never = никогда не сравнивается: { $probe } — { $gallery } ({ $article })
plan-fingerprints = отпечатки: { $register }
plan-fingerprints-of = отпечатки: { $register }, владелец { $owner }
plan-kinship = родство
plan-left-out = не участвуют ({ $category }): с истёкшим сроком хранения — { $expired }, заблокированных — { $blocked }
plan-loci-linked = { $what }: локусы перемножаются как независимые, а эти лежат рядом: { $pairs }. Для родственников их произведение неточно; подробнее — docs/kinship.md
plan-locus-pair = { $a } и { $b }
plan-searches-of-families = поиски по семьям
plan-family-not-searched = { $search }: по семье { $family } поиск не ведётся: { $reason }

## Как далеко прогон
status-run = прогон { $run } — { $state }, начало { $began }
state-finished = закончен
state-running = выполняется
state-interrupted = прерван
part-state-done = закончена
part-state-running = выполняется
part-state-interrupted = прервана
part-state-not-begun = не начата
record-state-living = действует
record-state-blocked = заблокирована
record-state-archived = в архиве
record-state-expired = срок хранения истёк
status-tiles-of = { $done } из { $all }
status-tiles = выполнено блоков: { $done } из { $all }, совпадений: { $hits }
status-held-by = выполняет: { $holder }
status-part = часть { $part }/{ $of }: { $state }
status-part-held = часть { $part }/{ $of }: { $state }, { $holder }
status-go-on = продолжить: tanba { $verb } --out { $out }
status-parts-left = не закончено частей: { $count }; запустите их `tanba run --part` снова
status-part-run = часть { $part } прогона { $run }: блоков { $tiles }, сравнений { $comparisons }, совпадений до окончательного упорядочения { $hits }
status-part-was-done = часть { $part } прогона { $run } уже выполнена: блоков { $tiles }, сравнений { $comparisons }, совпадений до окончательного упорядочения { $hits }
status-changed = этот ночной прогон не может продолжить прежний (с тех пор изменилось: { $changed }): каждая пара сравнивается заново
status-not-searched = ПОИСК НЕ ВЁЛСЯ: записей { $records } ({ $of }) сегмента { $segment }: { $file }: { $rule }; восстановите его из резервной копии и запустите снова
status-when-all-ended = когда закончатся все части: tanba finish --out { $out }
progress-advanced = { $search }: блоков { $done } из { $all }, совпадений { $hits }, осталось { $seconds } с
progress-finished = { $search }: сравнений { $comparisons } за { $seconds } с
progress-hits = совпадений: { $hits }
progress-waiting = ожидание другого прогона, который пишет в { $out }
progress-waiting-for = ожидание другого прогона, который пишет в { $out } ({ $holder })
progress-put-out = { $device } больше не участвует, его блоки выполняет процессор: { $fault }

## Решения экспертов
adjudicate-look = просмотр
look-first = первый
look-second = второй
look-disputed = спорный
adjudicate-together = вместе с другими
adjudicate-queue = совпадений к просмотру: { $hits }, показано: { $shown }; первый просмотр — { $first }, второй — { $second }, спорных — { $disputed }; вне очереди: решённых — { $decided }, ждущих другого эксперта — { $waiting }
adjudicate-decided = { $hit }: { $verdict }, эксперт { $examiner }
adjudicate-replaced = { $hit }: { $verdict }, эксперт { $examiner }, вместо прежнего решения
verdict-identification = тождество
verdict-exclusion = исключение
verdict-inconclusive = неопределённо
verdict-insufficient = недостаточно материала
adjudicate-added = добавлено решений: { $added }, уже было: { $present }
adjudicate-exported = решений записано в { $file }: { $count }
adjudicate-month = месяц
adjudicate-decisions = решений
adjudicate-confirmed = подтверждено
adjudicate-adventitious = оказалось случайными
adjudicate-inconclusive = неопределённо
adjudicate-insufficient = недостаточно
adjudicate-median-days = медиана, дней
adjudicate-waiting = ждут второго эксперта: { $waiting }, спорных: { $disputed } (на { $day })
adjudicate-legend = подтверждено и случайные: два эксперта сошлись на тождестве, на исключении
adjudicate-before = из совпадений ({ $hits }) решено ранее: { $decided }, ждут второго эксперта: { $waiting }, спорных: { $disputed }, предстоит посмотреть: { $new } (tanba adjudicate next)
adjudicate-hit = совпадение { $hit }: { $search }, { $article }
adjudicate-a-relative = родственник
adjudicate-score = оценка { $score }
adjudicate-blind = другой эксперт уже принял решение: оценка и его заключение не показаны
adjudicate-own = ваше решение — { $verdict }: { $reason }
adjudicate-not-held = { $record }: нет в галерее (запрос из файла?)
adjudicate-profile = { $record }: { $category }, дата регистрации { $day }, набор { $kit }
adjudicate-kit-not-stated = не указан
adjudicate-prints = { $record }: { $category }, дата регистрации { $day }
adjudicate-no-images = программа хранит минуции, а не изображения: смотрите отпечатки в системе, где они хранятся
adjudicate-agreement = согласие
agreed-not-compared = не сравнивалось
column-record = запись
column-position = положение
column-impression = способ получения
column-quality = качество

## Галерея
gallery-info = галерея { $gallery }, поколение { $generation }, зафиксировано { $committed }
column-index = индекс
column-register = учёт
column-living = действует
column-gallery-expired = срок истёк
column-segments = сегментов
column-bytes-per-record = байт/запись
column-persons = лиц
column-prints = отпечатков
column-bytes-per-print = байт/отпечаток
gallery-members = членов семей: { $members }, загружено файлов: { $imports }
gallery-minutiae = { $register } ({ $owners }): минуций от { $least } до { $most }, медиана { $median }; дескрипторы версии { $versions }
gallery-verified = файлы поколения { $generation } ({ $files }) таковы, как зафиксированы
gallery-broken = повреждено: { $error }
gallery-changed = { $records }: { $change }, поколение { $generation }
change-blocked = заблокировано
change-unblocked = разблокировано
change-depersonalised = обезличено
change-repersonalised = обезличивание отменено
gallery-person = лицо { $person }: записей { $records } в поколении { $generation }, на { $day }
gallery-person-record = { $record } (запись: { $kind }, { $category }, { $owner }): дата регистрации { $day }, { $state }
kind-genomic = геномная
kind-fingerprint = дактилоскопическая
gallery-kept-until = хранится до { $day }: { $rule }
gallery-archived = в архиве до { $day }, не сравнивается (L40 15(2))
gallery-holds = содержит: { $content }
gallery-loci = аутосомных локусов: { $count }
gallery-impressions = оттисков: { $count }
gallery-depersonalised = обезличено: поиски не показывают личного идентификатора (L40 9(1))
gallery-given-for = предоставлено для семьи { $family }, которая ищет { $person }; дело { $state }
gallery-imported = загружено в поколении { $generation } из файла с BLAKE3 { $hash }
gallery-sought = ищет семья { $family }; дело { $state }
case-open = открыто
case-closed = закрыто
gallery-no-date = пока без даты
gallery-event = { $event }, { $day } ({ $source })
feed-refused = { $file }: отклонён; причины: { $reasons }
feed-recorded = { $file }: записано событий: { $events }, известно ранее: { $known }; галерея в поколении { $generation }
feed-retentions = записей с новым последним днём: { $records }
feed-undated = из событий ({ $events }) не следует даты: в строке нет birth_date; пришлите её снова с ней
feed-closed = семей с закрытым делом: { $families } (L40 29(3))
feed-noted = отмечено без изменений: { $records }: { $reason }
feed-lines-refused = отклонено строк: { $lines }; причины: { $reasons }
feed-none = нет
destroy-records = уничтожено записей: { $records }; галерея в поколении { $generation }
destroy-files = удалено файлов: { $files }
destroy-hits = { $run }: изъято совпадений: { $hits }
destroy-hits-unfinished = { $run }: изъято совпадений: { $hits }; прогон не был закончен и не может продолжиться
destroy-nothing-left = в файлах ({ $files }, байтов: { $bytes }) от них ничего не осталось
destroy-request-number = { $file }: номер записи стоит там как номер запроса и остаётся
destroy-same-biometrics = { $file }: у другой записи такая же биометрия, и она остаётся
destroy-report = отчёт: { $file }

## Загрузка
import-file = { $file }: { $format }, записей: { $records }
import-finger-file = { $file }: { $format }, записей: { $records }, шаблонов: { $templates }, файлов: { $files }
import-not-recognised = не распознан
import-family-members = членов семей: { $count }
import-pedigree-persons = лиц в родословных: { $count }
import-haplotypes = гаплотипов: { $count }
import-rejected = отклонено: { $count }
import-reasons = причины: { $file }
import-haplotypes-refused = таблица гаплотипов отклонена, поэтому ни один файл этой загрузки не принят: записи в галерее нельзя позже добавить гаплотип
import-family-lines = новых или изменённых строк семей: { $lines }
import-pedigrees = новых или изменённых родословных: { $count }
import-known = { $file }: загружен ранее; делать нечего
import-present = записей уже было: { $records }
import-retention-updates = у имеющихся записей ({ $records }) теперь другой срок хранения
import-retention-kept = у имеющихся записей ({ $records }) срок хранения прежний: указанное в файлах его не заменяет (первая — { $first })
import-added = галерея { $gallery } в поколении { $generation }: добавлено записей: { $count } ({ $category })
import-more = … и ещё { $count }

## Что в файле
check-refused = { $file }: отклонён
check-file = { $file }: { $format }; { $held }
check-held-refused = отклонён
check-templates = { $count ->
    [one] { $shown } шаблон
    [few] { $shown } шаблона
   *[other] { $shown } шаблонов
}
check-transaction = транзакция: { $transaction }
check-drawn = нарисовано в { $file }
column-view = вид
column-size = размер
column-endings = окончаний
column-bifurcations = разветвлений
column-other = иных
check-image = изображение типа { $kind }, IDC { $idc }: { $positions }, { $algorithm }, { $width } x { $height } пикселей; не сравнивается
check-or = или

## Журнал галереи
audit-key = ключ: { $file } (храните его от всех остальных)
audit-public-key = открытый ключ: { $key } (храните копию там, куда пользователи галереи не могут писать)
audit-verified = записи ({ $entries }) согласованы, последняя — { $hash }
column-entry = запись
column-time = время
column-user = пользователь
column-verb = команда
column-outcome = исход
column-audit-counts = количества
audit-shown = записей: { $shown } из { $all }
audit-begins = начало
audit-of = { $outcome } (записи { $entry })
audit-signed = вершина журнала подписана { $key }: сравните с ключом, который храните отдельно, или дайте его через --public-key
audit-known-head = вершина журнала не подписана; запись { $entry } — как в данной копии. Написанное после неё могло быть обрезано или написано заново
audit-unsigned = вершина журнала не подписана: нельзя обнаружить ни что журнал обрезан, а его вершина сделана заново, ни что он переписан с некоторой записи до конца. Подпишите её (--audit-key) или храните копии audit/head.json в другом месте (--known-head)
audit-torn = запись в конце ({ $bytes } байт) оборвана сбоем; следующая команда отложит её
audit-open = у записи { $entry } ({ $verb }, { $time }, пользователь { $user }) нет конца: она оборвана или ещё выполняется

## Устройства
devices-none = драйвер Vulkan не найден: всё выполняется на процессоре
column-name = имя
column-kind = вид
column-driver = драйвер
column-mib-bound = связывается, МиБ
column-self-test = самопроверка
column-kernel = ядро
column-pairs-per-second = пар в секунду
column-of-paper = % от паспортного
column-dispatched = % отправки
column-read-back = % чтения
column-mb-sent = отправлено, МБ
column-mb-read = прочитано, МБ
column-numbers = чисел
column-against-processor = против процессора
devices-equal = равно

## Верификация, политика, ключи, правила, отчёт
verify-confirmed = личность подтверждена
verify-not-confirmed = личность не подтверждена
verify-score = оценка { $score } при нужных { $threshold }: у разных лиц она достигается в доле сравнений { $rate } ({ $calibration })
verify-finger = { $probe } — { $gallery }: { $score }
verify-rule = правило: { $rule }; { $purpose } ({ $article })
policy-set = политика «{ $name }» действует ({ $hash })
policy-in-force = политика «{ $name }»: требуются роль, основание и дело
policy-none = политики нет: ничего не требуется. К тому, кто указал роль или основание, применяется описанное по умолчанию:
policy-legend = пары индексов + пары учётов + учёты для верификации; - указывать нельзя
keys-made = ключ { $name } — первый в { $file }
keys-keep = храните копию файла ключей отдельно от галереи: без него ничего зашифрованного не прочесть
rules-traces = следы
rules-least-loci = локусов не менее
rules-source = источник
report-written = { $file }: байтов: { $bytes }
report-outside = отчёт вне папки своего прогона не уничтожается вместе с ним: `hits expunge` и `gallery destroy` до него не доходят

## Что значит код выхода ошибки (docs/languages.md)
error-usage = ошибка (неверная команда)
error-input-rejected = ошибка (файл отклонён)
error-incomplete = ошибка (работа не закончена)
error-refused = ошибка (запрещено законом или политикой)
error-integrity = ошибка (нарушена целостность данных)

## Пропущенные поиски, уничтоженные результаты
ask-left-out = пропущено: { $error }
expunge-other = { $folder } не привязан к делу { $case }: не тронут
expunge-folder = { $folder }: уничтожено
expunge-results = уничтожено результатов дела { $case }: { $results }; перезаписано и удалено файлов: { $files }, байтов: { $bytes }
expunge-not-reached = не затронуто: копии, выгрузки и резервные копии в других местах; снимки, журналы и блоки copy-on-write файловой системы; блоки, перемещённые диском

## Почему поиск идёт этим путём
way-newer-only = сравниваются только пары с более новой стороной
way-stringency = при строгости «{ $stringency }» могут совпасть и разные множества: ключей нет
way-typed-otherwise = правила допускают совпадение иначе типированных множеств: ключей нет
way-asked = так указано
way-adapters = сравнивать должны только адаптеры, а соединения у них нет
way-memory = память ограничена, а соединение держит ключи каждой записи
way-no-exact = ни одна запись не типирована точно по большему числу локусов, чем может не совпасть: ключей нет
way-nothing = сравнивать нечего
way-records = записей с ключами { $keyed } (блоков локусов: { $blocks }), без ключей { $pool }
way-asked-records = так указано; { $records }
way-join-faster = { $records }; соединение займёт около { $join }, все пары — { $pairs }
way-pairs-faster = { $records }; все пары займут около { $pairs }, соединение — { $join }
way-too-many = общий ключ у пар записей: { $pairs }, гораздо больше ожидаемого

## Почему два списка могут различаться
differ-generations = поколение галереи { $before }, затем { $after }
differ-parameter = параметр { $name }
differ-kernels = версии компараторов
differ-searches = выполненные поиски
differ-newer-only = более поздний сравнивал только пары новее поколения { $generation }: остальные не исчезли, они найдены ранее
way-seconds = { $seconds } с
status-was-finished = прогон { $run } был завершён раньше; совпадений: { $hits }, в { $out }
status-was-put = прогон { $run } был завершён; его совпадения ({ $hits }) теперь в { $out }
cluster-listens-tls = планировщик ждёт соединений на { $address }, с TLS
cluster-listens-clear = планировщик ждёт соединений на { $address }, без шифрования, на этом компьютере
cluster-waits = ожидание: { $reason }
cluster-asks = берёт блоки у планировщика { $address }, одновременно: { $slots }
cluster-lost = планировщик { $address } больше не отвечает; попытки продолжаются
