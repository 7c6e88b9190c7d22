# То, что программа говорит людям, по-русски: почему пара — совпадение или нет.

## Почему пара является совпадением
explain-hit = совпадение { $hit }: { $search }, { $article }; правило: { $rule }
explain-record = { $record }: { $category }, владелец { $owner }, дата регистрации { $day }
explain-record-kit = { $record }, набор { $kit }
explain-record-partial = { $record }, неполный
explain-kin = { $record } приходится без вести пропавшему семьи { $family }: { $kinship }
explain-score = оценка { $score }, порог { $threshold }; при такой оценке ожидается случайных совпадений: { $chance } ({ $calibration })
explain-posterior = апостериорная вероятность в списке: { $posterior }
explain-checked = подсчитано заново и равно списку: { $list }
explain-drawn = нарисовано: { $file }
explain-typed = типирован: { $record }, { $role }
explain-raised = * в таблице меньше или ничего: повышено правилом редких аллелей
explain-log10 = log10 отношения правдоподобия ({ $relation }): { $log10 }
explain-zero = отношение правдоподобия ({ $relation }) равно 0: локус исключает
explain-turned = { $probe } и { $gallery }: поворот на { $degrees } градусов; спаренные минуции (пиксели при 500 dpi, градусы):
explain-turned-after = { $probe } и { $gallery }: поворот на { $degrees } градусов после четвертей оборота: { $turns }; спаренные минуции (пиксели при 500 dpi, градусы):

## Столбцы
column-locus = локус
column-agree = согласие
column-frequency = частота
column-lr = ОП
column-log10 = вклад, log10
column-sum = сумма
column-note = примечание
column-minutiae = минуции
column-paired = спарено
column-similarity = сходство
column-evidence = вес
column-after-tries = с учётом попыток
column-counts = учитывается
column-pair = пара
column-type = тип
column-probe-xy = запрос x, y
column-gallery-xy = галерея x, y
column-direction = направление
column-apart = расстояние
column-turned = поворот
column-weight = вес
column-probe-position = запрос
column-gallery-position = галерея

## На чём основаны числа
explain-convention = { $name } — { $value }
explain-hash = { $name } (хеш { $hash })
explain-rules = правила
explain-equal = равные генотипы
explain-match = вероятность совпадения, NRC II 4.10
explain-contains = одно множество содержит другое
explain-inclusion-commoner = вероятность включения более частой стороны
explain-failing = несовпадающий локус
explain-failing-adds = прибавляет к оценке { $penalty }; отношение правдоподобия равно 0
explain-transmission = наследование
explain-no-mutation = без мутаций
explain-positions = положения и направления
explain-positions-value = пиксели при 500 dpi, x вправо, y вверх; градусы против часовой стрелки
explain-direction = направление отпечатков
explain-upright = прямо, с отклонением до восьмой оборота
explain-any-direction = любое: учитывается лучшая из четырёх четвертей оборота
explain-fusion = объединение
explain-fusion-fisher = метод Фишера с масштабом по Брауну (1975) для корреляции { $correlation }
explain-fusion-best = лучший оттиск за вычетом log10 числа попыток
explain-codes = вид соответствия (ANSI/NIST-ITL 9.361)
explain-codes-value = D — спарена с весом { $definite } из 255 или более, P — спарена с меньшим, N — не найдена там, где другой оттиск показывает место, R — вне его, U — как N при качестве ниже { $unclear }; предложено программой
explain-sum-of-loci = сумма локусов, mban
explain-score-of-fingers = оценка пальцев, mban

## Локус
explain-of-pair = родство двух лиц, с тета, без мутаций
explain-of-pedigree = родословная, с тета и мутациями
explain-inclusion = вероятность включения
explain-sharing = вероятность общего аллеля
explain-neighbours = вероятность включения с соседними микровариантами
explain-passed-over = правила его пропускают
explain-read-as = { $typed } читается как { $read }
explain-lacks-required = не совпадает: у одной стороны нет аллеля, который другая отметила обязательным
explain-fails = не проходит строгость «{ $stringency }»: { $reached }
explain-fails-floor = не проходит строгость «{ $stringency }»: { $reached }, и ниже того, чего должен достичь несовпадающий локус
explain-no-allele-shared = общих аллелей нет
explain-sets-equal = множества равны
explain-share = есть общий аллель, но ни одно не содержит другое
explain-table-lacks-adds = в таблице частот нет локуса: он ничего не прибавляет
explain-by-microvariant = совпадает только потому, что соседние микроварианты считаются одинаковыми
explain-wildcard = значение не называет аллель и читается наиболее благоприятно для совпадения
explain-no-known = у одной стороны нет известного аллеля или два значения без него
explain-one-side = типирован на одной стороне
explain-excludes = исключает: невозможно без мутации
explain-table-lacks = в таблице частот нет локуса
explain-not-in-body = не типирован у трупа
explain-body-alone = типирован только у трупа
explain-body-mixed = типирование трупа — не одного лица со всеми известными аллелями
explain-relatives-mixed = ни у одного родственника типирование не является типированием одного лица со всеми известными аллелями
stringency-high = высокая
stringency-moderate = средняя
stringency-low = низкая
stringency-none = нет

## Пальцы
explain-best-impression = лучший оттиск
explain-fused = объединено пальцев: { $count }
explain-fused-equal = объединено пальцев на равных местах: { $count }; найденные на других местах ({ $rest }) не учитываются
explain-fused-across = объединено пальцев переставленных рук: { $count }, лучшая из попыток: { $tries }

## Родство и роли
kin-father = отец
kin-mother = мать
kin-child = сын или дочь
kin-full-sibling = полнородный брат или сестра
kin-half-sibling = неполнородный брат или сестра
kin-grandparent = дед или бабушка
kin-grandchild = внук или внучка
kin-uncle-aunt = дядя или тётя
kin-nephew-niece = племянник или племянница
kin-first-cousin = двоюродный брат или сестра
kin-second-cousin = троюродный брат или сестра
kin-own = он сам
kin-unrelated = не родственник
kin-relative = родственник
kin-body = труп

## Рисунки
picture-waterfall = Отношение правдоподобия по локусам: { $probe } и { $gallery }
picture-waterfall-heading = { $probe } и { $gallery }: log10 отношения правдоподобия, локус за локусом
picture-adds = вклад
picture-sum = сумма
picture-sum-told = { $list }; сумма { $sum }; { $threshold }
picture-threshold = порог { $threshold }
picture-waterfall-legend = пунктирные пустые столбцы уменьшают; пунктирная линия — наименьшая оценка совпадения
picture-pedigree = { $family }: труп { $body } на месте без вести пропавшего
picture-the-family = семья
picture-pedigree-legend = квадрат: мужчина, круг: женщина, ромб: пол неизвестен; закрашен: типирован; ?: пропавший
picture-person = лицо { $number }: { $who }
picture-missing = без вести пропавший, сравнивается с { $record }
picture-typed = { $record }, { $role }, типирован
picture-not-typed = не типирован
picture-father = отец { $number }
picture-mother = мать { $number }
picture-prints = { $probe } ({ $at }) и { $gallery } ({ $where })
picture-prints-paired = { $title }: спарено минуций: { $count }
picture-print = { $record } — { $position }, { $impression }
picture-prints-legend = круг: окончание, квадрат: разветвление, треугольник: иное; закрашено с номером: спарено; пустое: без пары; мелкое: вне области другого
picture-pair-told = { $number }: { $code }, { $distance } px, расхождение { $degrees } градусов
picture-prints-told = { $shown }; оценка { $score } mban; { $pairs }
picture-prints-turned-told = { $shown }; левый сначала повёрнут, четвертей оборота: { $turns }; оценка { $score } mban; { $pairs }

## Почему пара не является совпадением
why-of-search = { $search }, прогон { $run }: { $text }
why-of-run = прогон { $run }: { $text }
why-hit = это совпадение: { $hit }
why-earlier = обе записи были в поколении { $generation }, которое сравнил прогон { $run }: этот сравнивает более новое; его ответ — следующий
why-earlier-not-given = обе записи были в поколении { $generation }, которое сравнил прогон { $run }: этот сравнивает более новое; укажите его папку ещё одним --run
why-an-earlier-run = более ранний
why-better-relative = пара достигает порога, но родственник { $record } той же семьи — выше: совпадение { $hit }
why-top = пара достигает порога, но прогон оставляет лучших совпадений на запрос: { $top }
why-not-finished = прогон в { $out } не закончен: выполнено частей работы: { $done } из { $all }, а список составляется из всех; `tanba resume --out { $out }` продолжит
why-not-held = записи { $record } нет в галерее: она не загружалась, была отклонена при загрузке или уничтожена
why-one-not-held = записи нет в галерее
why-no-search = в прогоне нет поиска «{ $probe }» с «{ $gallery }»; его поиски: { $list }
why-law = сравнение не допускается: { $rule } ({ $article })
why-law-relatives = геномная информация биологических родственников без вести пропавших граждан используется только для установления личности по неопознанным трупам
why-two-kinds = одна запись — профиль, в другой отпечатки пальцев: их никогда не сравнивают
why-not-yet = ещё не сравнивалась: запись { $record } появилась в поколении { $generation } галереи, а прогон сравнивал поколение { $compared }; её сравнит следующий ночной прогон
why-set-aside = запись { $record } — в сегменте с повреждённым файлом, и прогон его пропустил
why-blocked = запись { $record } была заблокирована и не участвовала ни в одном поиске ({ $article })
why-expired = срок хранения записи { $record } истёк к { $day } ({ $article })
why-stands-for = семья родственника является совпадением с этим трупом: { $hit } указывает её с записью { $record }, которая представляет семью
why-no-family = ни одна семья галереи не называет запись { $record }
why-no-consent = у записи { $record } нет письменного согласия в семье { $family } (L40 18(2))
why-case-closed = розыск по семье { $family } прекращён (L40 29(3))
why-below = оценка { $score } ниже порога { $threshold }
why-not-included = правила { $rules } не включают профиль { $records }
why-few-loci = сравнено локусов: { $compared }, а правила { $rules } требуют { $least }
why-many-fail = не совпадает локусов: { $failing } ({ $loci }), а правила { $rules } допускают { $most }
why-not-satisfied = совпадающие локусы — не те, которых требуют правила { $rules }
why-family-not-searched = по семье поиск не ведётся: { $why }
why-no-place = родственник не является биологическим родственником по закону, или в родословной для него нет места
why-few-say = что-то говорят локусов: { $counted }, а прогон требует { $least }
why-excluding = отношение правдоподобия равно 0 (порог { $threshold }): исключают локусы { $loci }
why-no-finger = у записей нет общего пальца: в одной — другие или только контрольные оттиски
why-no-skin = у записей нет оттисков, которые могли бы быть одного участка кожи
why-full-reaches = полное сравнение даёт { $score }, порог { $threshold }
why-other-owner = запись { $record } принадлежит { $owner }, а этот поиск — по записям { $searched }
why-not-passed = она не прошла предварительный отбор
why-fell-mark = она отсеялась при отборе: у лучшего оттиска предварительная оценка { $best }, проходят с { $bound }
why-fell-all = она прошла по первым двум пальцам и отсеялась по сумме всех: для пальцев ({ $fingers }) нужно { $bound }
why-fell-first = она отсеялась при отборе: сумма предварительных оценок первых пальцев ({ $fingers }) — { $sum }, проходят с { $bound }

## Положения и оттиски (ISO/IEC 19794-2)
position-right-thumb = правый большой
position-right-index = правый указательный
position-right-middle = правый средний
position-right-ring = правый безымянный
position-right-little = правый мизинец
position-left-thumb = левый большой
position-left-index = левый указательный
position-left-middle = левый средний
position-left-ring = левый безымянный
position-left-little = левый мизинец
position-unknown = неизвестно
impression-live-plain = прямой, без прокатки
impression-live-rolled = прямой, с прокаткой
impression-nonlive-plain = красковый, без прокатки
impression-nonlive-rolled = красковый, с прокаткой
impression-latent-impression = след с места происшествия
impression-latent-photo = фотография следа
impression-latent-lift = след, перенесённый на плёнку

## Откуда известна случайность
calibration-model = по модели
calibration-measured = измерено
calibration-extrapolated = экстраполировано
