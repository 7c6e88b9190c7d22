# То, что программа говорит людям, по-русски: страница прогона.

## Страница
report-title = Tanba: отчёт о прогоне { $run }
report-skip = Перейти к отчёту
report-kind = Tanba · отчёт о прогоне
report-not-whole = Этот прогон неполон
report-to-look-at = Требует внимания
report-nothing-open = Ничто не требует внимания
report-which = Прогон { $run }, начало: { $began }
report-parts = Разделы отчёта
report-nav-attention = Внимание
report-nav-ran = Что выполнено
report-stages = Этапы
report-nav-bands = Совпадения по интервалам
report-nav-new = Новое
report-nav-scores = Оценки
report-accuracy = Точность
report-nav-clusters = Группы
report-strongest = Самые сильные совпадения
report-rejected = Отклонённые загрузки
report-nav-left-out = Не участвовали
report-nav-prediction = Прогноз
report-again = Как проверить

## Внимание
report-not-found = Проверено и не обнаружено:
report-chance-both = Ожидается случайных: совпадения не состоящих в родстве или просто разных лиц, которых модель ожидает во всех поисках вместе; родственники и близнецы повышают это число.
report-chance-profiles = Ожидается случайных: совпадения лиц, не состоящих в родстве, которых модель ожидает во всех поисках вместе; родственники и близнецы повышают это число.
report-chance-fingers = Ожидается случайных: совпадения разных лиц, которых модель ожидает во всех поисках вместе; родственники и близнецы повышают это число.
report-count-queries = Запросы этих чисел
report-whole-run = весь прогон
report-query-of = Запрос: { $table }
report-numbers-and-query = Числа и запрос: { $table }

## Что выполнено
report-ran = Что выполнено и на каком основании
report-bound = Этот результат привязан к делу. Он хранится с материалами дела и уничтожается вместе с ними (`tanba hits expunge`), как и эта страница.
report-not-bound = Постоянные поиски: основание каждого — его статья. Результат не привязан ни к какому делу.
report-run-in-full = Прогон полностью
report-parameters = Параметры
report-run-id = прогон
report-run-began = начало (UTC)
report-run-alive = записи, действовавшие на дату
report-run-generation = поколение галереи
report-run-manifest = BLAKE3 её манифеста
report-run-since = продолжает прогон
report-run-release = выпуск tanba
report-run-schema = версия схемы совпадений
report-run-simd = набор команд
report-run-threads = потоки
report-run-tile-probes = запросов в блоке
report-run-tile-rows = строк галереи в блоке
report-run-memory = наибольшая занятая память, байт
report-run-kernels = компараторы
report-parameter-kind = порог выбран по
report-parameter-value = его значение
report-parameter-rules = правила тождества
report-parameter-version = версия
report-parameter-rules-hash = BLAKE3 правил
report-parameter-mismatches = допустимо несовпадающих локусов
report-parameter-loci = наименьшее число сравниваемых локусов
report-parameter-frequencies = частоты аллелей
report-parameter-theta = тета
report-parameter-rare = редкие аллели
report-parameter-top = оставляемых совпадений на запрос
report-parameter-prior = априорная вероятность
report-parameter-transmission = наследование аллелей
report-parameter-owners = между владельцами
report-parameter-purpose = цель по делу
report-case = дело
report-case-role = роль
report-case-ground = основание
report-case-asker = запросил
report-case-unit = подразделение

## Этапы и интервалы
report-stages-note = Каждое сравнение учтено один раз: его закончил предварительный отбор или оно оценено полностью. Совпадения — пары с оценкой не ниже порога.
report-bands = Совпадения по интервалам и ожидаемое случайно
report-bands-note = Столбцы — совпадения, линии — случайные совпадения, ожидаемые среди лиц, не состоящих в родстве (пунктир: меньше, чем видно на оси). Где линия близка к столбцу, совпадения объясняются случайностью.
report-no-bands = У поисков по отпечаткам пальцев нет интервалов; ожидаемое случайно на пороге — в таблице прогнозов.
report-new = Новое с прошлого прогона
report-against-run = По сравнению с прогоном { $run }.
report-delta-against = Этот прогон сравнивал только новые пары: совпадения ранее сравненных пар — только в прежнем списке.
report-delta = Этот прогон продолжает более ранний: сравнивались только пары с новой стороной, и все его совпадения новые.
report-no-previous = Более ранний прогон не указан (`--previous`). По поколению галереи, с которым пара стала возможна:
report-scores = Оценки и порог
report-scores-note = Пары, прошедшие предварительный отбор, по точной оценке; совпадения выделены цветом; вертикальная линия — порог. Пары, исключённые локусом в поиске по родству, на оси не показаны; они есть в таблице.

## Точность
report-accuracy-note = Истина этого реестра известна. Это числа `tanba evaluate`; ниже порога прогона ничего не известно.
report-calibration = Калибровка случайности
report-calibration-note = Совпадения лиц, не состоящих в родстве, по интервалам оценки, все поиски вместе, в сравнении с ожидаемым по модели случайности. Интервал лежит правее, где модель ожидает слишком много, и левее, где слишком мало.

## Группы
report-clusters = Группы записей, возможно, одного источника
report-clusters-note = Линии — совпадения с их оценкой; прерывистая линия — слабейшая связь, без которой группа распадается на две. Нарисовано групп не более { $top }; все — в `clusters.parquet`. Большие группы нарисованы без имён.
report-no-cluster = Групп нет.

## Совпадения
report-strongest-note = Не более { $top } из каждого поиска; все — в `hits.parquet`.
report-no-hits = Совпадений нет.
report-made-of = Из чего сложены эти оценки
report-made-of-note = Первое из каждого поиска, сравненное заново по записям галереи, как в списке; `tanba explain` покажет любое совпадение со всеми оттисками.
report-pair = { $search }: { $probe } и { $gallery }
report-pair-of-family = { $search }: { $probe } и { $gallery }, семья { $family }
report-not-drawn = Не нарисовано: { $reason }
report-with-gallery = С `--gallery` здесь рисуется первое совпадение каждого поиска.

## Отклонённые, не участвовавшие, прогноз
report-rejected-note = Всё, что сейчас в карантине галереи, когда бы оно ни загружалось.
report-no-quarantine = Неизвестно: галерея не указана (`--gallery`) или у неё нет карантина.
report-left-out = Записи, не участвовавшие в поиске
report-left-out-note = Запись, срок хранения которой истёк или которая заблокирована, не участвует ни в одном поиске. Биологический родственник участвует только с его согласия и пока дело не закрыто. Запись может не участвовать в нескольких поисках.
report-prediction = Прогноз и действительность
report-prediction-note = Случайные совпадения — у лиц, не состоящих в родстве: ради совпадений сверх этого и ведётся поиск. Секунды предсказаны по скорости, измеренной на процессоре этой машины до прогона.
report-again-note = Каждый запрос даёт свои числа в DuckDB, если задать его в папке прогона. Диаграммы нарисованы по соседним таблицам. `tanba report --json` печатает все таблицы с их запросами.
report-made-by = Создано tanba { $version }. На этой странице названы записи и лица: обращайтесь с ней как со списком совпадений.
report-excluded = исключено
yes = да
no = нет

## Что проверялось
report-check-unlawful = { $count ->
    [one] совпадение, которого не должно быть
    [few] совпадения, которых не должно быть
   *[other] совпадений, которых не должно быть
}
report-check-unlawful-advice = по истине — записей, которые нельзя сравнивать: остановите работу и сообщите об этом
report-check-not-drawn = { $count ->
    [one] совпадение, которое не удалось нарисовать
    [few] совпадения, которые не удалось нарисовать
   *[other] совпадений, которые не удалось нарисовать
}
report-check-not-drawn-advice = причина указана на месте рисунка
report-check-put-out = { $count ->
    [one] отключённое устройство
    [few] отключённых устройства
   *[other] отключённых устройств
}
report-check-put-out-advice = их блоки выполнил процессор; совпадения те же
report-check-set-aside = { $count ->
    [one] сегмент галереи без поиска
    [few] сегмента галереи без поиска
   *[other] сегментов галереи без поиска
}
report-check-set-aside-advice = восстановите их из резервной копии и запустите прогон снова: их записи ни с кем не сравнивались
report-check-large-clusters = { $count ->
    [one] группа из трёх и более записей
    [few] группы из трёх и более записей
   *[other] групп из трёх и более записей
}
report-check-large-clusters-advice = одна слабая связь может соединить двух лиц: проверьте её, прежде чем что-либо объединять
report-check-clusters = { $count ->
    [one] группа записей, возможно, одного источника
    [few] группы записей, возможно, одного источника
   *[other] групп записей, возможно, одного источника
}
report-check-clusters-advice = лица, зарегистрированные более одного раза, следы одного источника
report-check-excluding = { $count ->
    [one] совпадение с исключающим локусом
    [few] совпадения с исключающим локусом
   *[other] совпадений с исключающим локусом
}
report-check-excluding-advice = в списке, потому что бывают ошибки типирования; отношение правдоподобия по типированию равно нулю
report-check-contradicted = { $count ->
    [one] совпадение, против которого говорят маркеры линий или амелогенин
    [few] совпадения, против которых говорят маркеры линий или амелогенин
   *[other] совпадений, против которых говорят маркеры линий или амелогенин
}
report-check-contradicted-advice = оценка этих маркеров не учитывает: читайте их рядом с ней
report-check-contested-bodies = { $count ->
    [one] труп, подходящий более чем одной семье
    [few] трупа, подходящих более чем одной семье
   *[other] трупов, подходящих более чем одной семье
}
report-check-contested-bodies-advice = верной может быть не более чем одна: решайте вместе
report-check-contested-families = { $count ->
    [one] семья, которой подходит более одного трупа
    [few] семьи, которым подходит более одного трупа
   *[other] семей, которым подходит более одного трупа
}
report-check-contested-families-advice = верным может быть не более чем один: решайте вместе
report-check-new = { $count ->
    [one] совпадение, которого не было в прежнем прогоне
    [few] совпадения, которых не было в прежнем прогоне
   *[other] совпадений, которых не было в прежнем прогоне
}
report-check-new-advice = смотреть в первую очередь
report-check-undecided = { $count ->
    [one] совпадение без решения эксперта
    [few] совпадения без решения эксперта
   *[other] совпадений без решения эксперта
}
report-check-undecided-advice = очередь показывает tanba adjudicate next
report-check-rejected = { $count ->
    [one] строка в карантине галереи
    [few] строки в карантине галереи
   *[other] строк в карантине галереи
}
report-check-rejected-advice = записей этих файлов нет в галерее

## Названия таблиц
report-caption-night = Весь прогон
report-caption-searches = Поиски, разрешающая статья и порог каждого
report-caption-stages = Пары на каждом этапе поиска
report-caption-finger-stages = Пары записей отпечатков, прошедшие каждый этап предварительного отбора
report-caption-bands = Совпадения по интервалам оценки от порога и выше и ожидаемое там случайно
report-caption-histogram = Точные оценки пар, прошедших предварительный отбор, с шагом в один порядок
report-caption-generations = Совпадения по поколению галереи, в котором появилась более поздняя из двух записей
report-caption-new = Совпадения, которых не было в прежнем прогоне
report-caption-left-out = Записи, не участвовавшие в каждом поиске, и причина
report-caption-set-aside = Сегменты галереи, в которых поиск не вёлся
report-caption-prediction = Прогноз и результат
report-caption-devices = Устройства
report-caption-lineage = Совпадения по заключению маркеров линий (в оценку не входит)
report-caption-strongest = Самые сильные совпадения каждого поиска
report-caption-cluster-sizes = Группы по размеру
report-caption-clusters = Группы, которые смотрят первыми: крупнейшие, затем с самой слабой связью
report-caption-rejected = Отклонённые загрузки в карантине галереи, по файлам и правилам
report-caption-accuracy = Совпадения и истина
report-caption-calibration = Случайные совпадения, найденные и ожидаемые во всех поисках, по log10 над порогом

## Столбцы
column-searches = поисков
column-in-full = оценено полностью
column-clusters = групп
column-records-left-out = записей не участвовало
column-article = статья
column-searched = что искали
column-records = записей
column-searched-in = где искали
column-threshold-log10 = порог, log10
column-since-generation = с поколения
column-screened-out = закончено отбором
column-stage = этап
column-passed = прошло
column-from-log10 = от, log10
column-to-log10 = до, log10
column-of-these-hits = из них совпадений
column-generation = поколение
column-known-before = известно ранее
column-only-before = только в прежнем списке
column-expired = срок хранения истёк
column-blocked = заблокировано
column-relatives-not-usable = родственники, чьи данные нельзя использовать
column-no-impression = нет сравнимого оттиска
column-impressions-not-compared = оттисков не сравнено
column-segment = сегмент
column-of = категория
column-file = файл
column-what-is-wrong = что не так
column-predicted-seconds = прогноз, секунд
column-device = устройство
column-tiles = блоков
column-put-out-because = отключено, потому что
column-y-supported = Y-STR поддерживает
column-inconclusive = неопределённо
column-exclude = исключает
column-mt-supported = мтДНК поддерживает
column-excludes = исключает
column-amelogenin-agrees = амелогенин совпадает
column-differs = различается
column-person = лицо
column-family = семья
column-score-log10 = оценка, log10
column-chance-this-good = случайных не хуже
column-records-in-cluster = записей в группе
column-weakest-of-all = слабейшая из связей, log10
column-cluster = группа
column-weakest-link = слабейшая связь, log10
column-between = между
column-and = и
column-rejected = отклонено
column-mated-pairs = пар одного лица
column-missed = пропущено
column-hits-of-twins = совпадений близнецов
column-of-relatives = родственников
column-must-not-exist = недопустимых
column-score-above = оценка над порогом
column-expected = ожидалось
column-count = число

## Диаграммы
chart-cluster = { $search }: группа { $cluster } и её совпадения
chart-trades = Компромисс ошибок: доля пропущенных пар одного лица и случайных совпадений на сравнение
chart-per-comparison = случайных совпадений на сравнение
chart-share-missed = доля пропущенных пар одного лица
chart-none = нет
chart-calibration = Калибровка: найденные и ожидаемые случайные совпадения по интервалам оценки
chart-as-expected = столько же, сколько ожидалось
chart-found-root = найдено, ± квадратный корень
chart-chance-expected = ожидаемых случайных совпадений
chart-chance-found = найденных случайных совпадений
chart-bands = { $search }: совпадения (столбцы) и ожидаемые случайные совпадения (линии) по интервалам оценки
chart-histogram = { $search }: полностью оценённые пары, совпадения среди них и порог
chart-stages = Пары сравненные, оценённые полностью и совпадения, по поискам (логарифмически)
chart-compared = сравнено
chart-prediction = Секунды по прогнозу и затраченные, по поискам (логарифмически)
chart-predicted = прогноз
chart-taken = затрачено
chart-band-to = от { $from } до { $to }
chart-band-more = { $from } и более
chart-band-fingers = все оценки, отпечатки пальцев

## Категории закона (docs/languages.md)
category-convict = осуждённое лицо
category-trace = неустановленное лицо (след)
category-corpse = неопознанный труп
category-relative = биологический родственник без вести пропавшего гражданина
category-citizen = гражданин Республики Казахстан
category-seafarer = моряк
category-resident = иностранец или лицо без гражданства
category-refugee = лицо, ищущее убежище, или беженец
category-expelled = лицо, подлежащее выдворению или реадмиссии
category-visa = лицо, обратившееся за визой
category-convict-register = задержанное, содержащееся под стражей или осуждённое лицо
