# То, что программа говорит людям, по-русски.

help = что делать
warning = предупреждение
rejected = отклонено

search = поиск
comparisons = сравнений
left-out = не участвуют
threshold = порог
expected-by-chance = ожидается случайных
hits = совпадений
seconds = секунд
pairs-per-second = пар/с
probe = запрос
gallery = в галерее
log10-lr = log10 ОП
log10-fmr = -log10 ЛС
relation = отношение
full-compared = полностью/сравнено
chance = случайных
rule = правило
fingers = пальцев
minutiae = минуций
hit = совпадение
found = найдено
agreement = согласие
by-chance = случайных
decision = решение
score = оценка
probes = запросов
searched-in = среди
probes-hit = запросов с совпадением
records-hit = записей найдено
new = новых
best = лучшее

clusters = { $count ->
    [one] { $shown } группа записей, возможно, одного источника
    [few] { $shown } группы записей, возможно, одного источника
   *[other] { $shown } групп записей, возможно, одного источника
}
contested-bodies = тела, подходящие более чем одной семье
contested-families = семьи, которым подходит более одного тела
decide-together = { $what }, решать вместе ({ $count }): { $list }
run-total = сравнений: { $comparisons }, совпадений: { $hits }, за { $seconds } с на { $devices }, потоков: { $threads }; прогон { $run }
hit-list-at = список совпадений: { $path }
expected-found = ожидалось / найдено
band-and-more = +{ $from } и более
band-to = +{ $from } до { $to }
bands-legend = ожидалось случайных / найдено, по log10 над порогом: лица, не состоящие в родстве, theta { $theta }; родственники и близнецы повышают ожидаемое
rules-of-identity = правила тождества: { $name }, версия { $version }
lineage-heading = совпадения по маркерам линий (в оценку не входят):
lineage-excluded = исключено: { $count }
lineage-inconclusive = неопределённо: { $count }
lineage-supported = поддержано: { $count }
lineage-unknown = линия неизвестна: { $count }
amelogenin = амелогенин: различается у { $differ } из { $all }
not-compared = в { $search } не сравнивались оттиски без собственной позиции (контрольные, неизвестные): { $impressions }; записей без других оттисков: { $records }
unit-both = log10 отношения правдоподобия профилей, -log10 доли ложных совпадений отпечатков
unit-fmr = -log10 доли ложных совпадений
unit-lr = log10 отношения правдоподобия
among-both = среди лиц, не состоящих в родстве; у отпечатков — среди разных лиц
among-different = среди разных лиц
among-unrelated = среди лиц, не состоящих в родстве
legend = порог: { $unit }; не участвуют: записи с истёкшим сроком и заблокированные; ожидается случайных: { $among }
no-hits = совпадений нет
strongest-hits = самые сильные совпадения каждого поиска:
all-hits = совпадения:
excluded-at = исключают локусы: { $loci }
of-family = семья { $family }
kin-in-family = { $kinship }, семья { $family }
lead-not-identification = Совпадение — это версия для эксперта, а не идентификация.
memory-overrun = на мгновение было занято { $peak } МиБ, предел --memory — { $limit } МиБ: дайте столько или меньше потоков (--threads)

decision-open = не рассмотрено
decision-one-look = один эксперт
decision-disputed = спорно
hits-shown = совпадений: { $hits }, показано: { $shown }
hits-shown-of = совпадений: { $hits } из { $all } в списке, показано: { $shown }
more-hits = больше — с --top K, все — с --top 0
agree-loci = локусов: { $full }/{ $compared }
agree-minutiae = минуций: { $minutiae }, пальцев: { $fingers }
new-legend = новых: пары, которые нельзя было сравнить до поколения { $generation } галереи
by-log10 = { $search }: совпадения по log10 оценки
by-class = по классам
by-rule = по правилам
runs-differ = прогоны различаются: { $reason }
diff-new = новые
diff-gone = исчезли
diff-changed = изменились
score-changed = было { $before }, стало { $now }
diff-more = ещё такого рода: { $count } (--top 0)
diff-counts = новых: { $new }, исчезло: { $gone }, с другой оценкой: { $changed }, тех же: { $same }
exported = совпадений: { $hits }, записано в { $file }, байтов: { $bytes }
nothing-exported = нет совпадений — нет файла
