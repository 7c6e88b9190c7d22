# What the program says to people, in English: why a pair is a hit, or none.

## Why a pair is a hit
explain-hit = hit { $hit }: { $search }, { $article }; rule: { $rule }
explain-record = { $record }: { $category } of { $owner }, registered { $day }
explain-record-kit = { $record }, kit { $kit }
explain-record-partial = { $record }, partial
explain-kin = { $record } is { $kinship } of the missing person of family { $family }
explain-score = score { $score }, threshold { $threshold }; { $chance } chance hits expected at this score ({ $calibration })
explain-posterior = posterior of the list: { $posterior }
explain-checked = counted again and equal to the list: { $list }
explain-drawn = drawn: { $file }
explain-typed = typed: { $record }, { $role }
explain-raised = * the table has less or nothing: raised by the rule for rare alleles
explain-log10 = log10 of the likelihood ratio ({ $relation }): { $log10 }
explain-zero = the likelihood ratio ({ $relation }) is 0: a locus excludes
explain-turned = { $probe } and { $gallery }: turned by { $degrees } degrees; paired minutiae (pixels at 500 dpi, degrees):
explain-turned-after = { $probe } and { $gallery }: turned by { $degrees } degrees after { $turns } quarter turns; paired minutiae (pixels at 500 dpi, degrees):

## Columns
column-locus = locus
column-agree = agree
column-frequency = frequency
column-lr = LR
column-log10 = log10
column-sum = sum
column-note = note
column-minutiae = minutiae
column-paired = paired
column-similarity = similarity
column-evidence = evidence
column-after-tries = after tries
column-counts = counts
column-pair = pair
column-type = type
column-probe-xy = probe x, y
column-gallery-xy = gallery x, y
column-direction = direction
column-apart = apart
column-turned = turned
column-weight = weight
column-probe-position = probe
column-gallery-position = gallery

## What the numbers rest on
explain-convention = { $name }: { $value }
explain-hash = { $name } (hash { $hash })
explain-rules = rules
explain-equal = equal genotypes
explain-match = match probability, NRC II 4.10
explain-contains = one set contains the other
explain-inclusion-commoner = probability of inclusion of the commoner side
explain-failing = a locus that fails
explain-failing-adds = adds { $penalty } to the score; the likelihood ratio is 0
explain-transmission = transmission
explain-no-mutation = no mutation
explain-positions = positions and directions
explain-positions-value = pixels at 500 dpi, x right, y up; degrees counter-clockwise
explain-direction = direction of prints
explain-upright = upright, give or take an eighth of a turn
explain-any-direction = any: the best of four quarter turns counts
explain-fusion = fusion
explain-fusion-fisher = Fisher's method, scaled as Brown (1975) for a correlation of { $correlation }
explain-fusion-best = the best impression, less log10 of the number of tries
explain-codes = correspondence (ANSI/NIST-ITL 9.361)
explain-codes-value = D paired with weight { $definite } of 255 or more, P paired with less, N not found where the other shows the place, R outside it, U as N with quality below { $unclear }; proposed by the program
explain-sum-of-loci = sum of the loci, mban
explain-score-of-fingers = score of the fingers, mban

## A locus
explain-of-pair = kinship of two, with theta, without mutation
explain-of-pedigree = pedigree, with theta and mutation
explain-inclusion = probability of inclusion
explain-sharing = probability of sharing an allele
explain-neighbours = probability of inclusion with neighbouring microvariants
explain-passed-over = the rules pass it over
explain-read-as = { $typed } is read as { $read }
explain-lacks-required = fails: one side lacks an allele that the other marks as required
explain-fails = fails { $stringency } stringency: { $reached }
explain-fails-floor = fails { $stringency } stringency: { $reached }, and is below what a failing locus must reach
explain-no-allele-shared = no allele is shared
explain-sets-equal = the sets are equal
explain-share = they share an allele and neither contains the other
explain-table-lacks-adds = the frequency table lacks the locus: it adds nothing
explain-by-microvariant = agrees only because neighbouring microvariants are the same
explain-wildcard = a call names no allele and is read in the way most favourable to agreement
explain-no-known = a side has no known allele, or two calls without one
explain-one-side = typed on one side
explain-excludes = excludes: impossible without a mutation
explain-table-lacks = the frequency table lacks the locus
explain-not-in-body = not typed in the body
explain-body-alone = typed in the body alone
explain-body-mixed = the body's typing is not that of one person with every allele known
explain-relatives-mixed = no relative's typing is that of one person with every allele known
stringency-high = high
stringency-moderate = moderate
stringency-low = low
stringency-none = none

## Fingers
explain-best-impression = the best impression
explain-fused = { $count } fingers fused
explain-fused-equal = { $count } fingers at equal positions fused; { $rest } found at other positions do not count
explain-fused-across = { $count } fingers of exchanged hands fused, best of { $tries } tries

## Kinship and roles
kin-father = father
kin-mother = mother
kin-child = child
kin-full-sibling = full-sibling
kin-half-sibling = half-sibling
kin-grandparent = grandparent
kin-grandchild = grandchild
kin-uncle-aunt = uncle-aunt
kin-nephew-niece = nephew-niece
kin-first-cousin = first-cousin
kin-second-cousin = second-cousin
kin-own = own
kin-unrelated = unrelated
kin-relative = relative
kin-body = body

## Pictures
picture-waterfall = Likelihood ratio by locus: { $probe } and { $gallery }
picture-waterfall-heading = { $probe } and { $gallery }: log10 of the likelihood ratio, locus by locus
picture-adds = adds
picture-sum = sum
picture-sum-told = { $list }; sum { $sum }; { $threshold }
picture-threshold = threshold { $threshold }
picture-waterfall-legend = dashed, hollow bars take away; the dashed line is the least score of a hit
picture-pedigree = { $family }: the body { $body } in the place of the missing person
picture-the-family = the family
picture-pedigree-legend = square: man, circle: woman, diamond: sex not known; filled: typed; ?: missing person
picture-person = person { $number }: { $who }
picture-missing = missing person, compared with { $record }
picture-typed = { $record }, { $role }, typed
picture-not-typed = not typed
picture-father = father { $number }
picture-mother = mother { $number }
picture-prints = { $probe } { $at } and { $gallery } { $where }
picture-prints-paired = { $title }: { $count } minutiae paired
picture-print = { $record }: { $position }, { $impression }
picture-prints-legend = disc: ridge ending, square: bifurcation, triangle: other; filled and numbered: paired; hollow: not paired; small: outside the region of the other
picture-pair-told = { $number }: { $code }, { $distance } px, { $degrees } degrees apart
picture-prints-told = { $shown }; score { $score } mban; { $pairs }
picture-prints-turned-told = { $shown }; the left one was turned by { $turns } quarter turns first; score { $score } mban; { $pairs }

## Why a pair is no hit
why-of-search = { $search }, run { $run }: { $text }
why-of-run = run { $run }: { $text }
why-hit = it is a hit: { $hit }
why-earlier = both records were in generation { $generation }, which run { $run } had compared: this one compares what is newer; its answer is the next
why-earlier-not-given = both records were in generation { $generation }, which run { $run } had compared: this one compares what is newer; give its folder with a further --run
why-an-earlier-run = an earlier run
why-better-relative = the pair reaches the threshold, and relative { $record } of the same family more: hit { $hit }
why-top = the pair reaches the threshold, and the run keeps the best { $top } of a probe
why-not-finished = the run in { $out } has not ended: { $done } of { $all } pieces of work are done, and its list is made of all; `tanba resume --out { $out }` goes on
why-not-held = record { $record } is not in the gallery: it was never imported, was refused at import, or has been destroyed
why-one-not-held = a record is not in the gallery
why-no-search = the run has no search of { $probe } with { $gallery }; its searches: { $list }
why-law = the comparison is not allowed: { $rule } ({ $article })
why-law-relatives = the genomic information of relatives of missing citizens is used only to establish identity by unidentified corpses
why-two-kinds = one record is a profile and the other holds fingerprints: they are never compared
why-not-yet = not compared yet: record { $record } came with generation { $generation } of the gallery, and the run compared generation { $compared }; the next night compares it
why-set-aside = record { $record } is in a segment whose file was broken, and the run left it aside
why-blocked = record { $record } was blocked and took part in no search ({ $article })
why-expired = the retention of record { $record } had ended by { $day } ({ $article })
why-stands-for = the family of the relative is a hit with this body: { $hit } lists it with record { $record }, which stands for the family
why-no-family = no family of the gallery names record { $record }
why-no-consent = record { $record } has given no written consent in family { $family } (L40 18(2))
why-case-closed = the search of family { $family } is closed (L40 29(3))
why-below = the score { $score } is below the threshold { $threshold }
why-not-included = the rules { $rules } do not include the profile of { $records }
why-few-loci = { $compared } loci are compared, and the rules { $rules } ask for { $least }
why-many-fail = { $failing } loci fail ({ $loci }), and the rules { $rules } allow { $most }
why-not-satisfied = the loci that agree are not those that the rules { $rules } ask for
why-family-not-searched = the family is not searched: { $why }
why-no-place = the relative is no biological relative of the law, or the pedigree has no place for it
why-few-say = { $counted } loci say something, and the run asks for { $least }
why-excluding = the likelihood ratio is 0 (threshold { $threshold }): excluded at { $loci }
why-no-finger = the records have no finger in common: one shows others, or slaps alone
why-no-skin = the records have no impressions that may be of the same skin
why-full-reaches = a full comparison reaches { $score }, the threshold is { $threshold }
why-other-owner = record { $record } is of { $owner }, and this search is of the records of { $searched }
why-not-passed = it did not pass the screen
why-fell-mark = it fell in the screen: the best impression has a gate score of { $best }, { $bound } pass
why-fell-all = it passed the first two fingers and fell in the sum of all: { $fingers } fingers need { $bound }
why-fell-first = it fell in the screen: the gate scores of the first { $fingers } fingers sum to { $sum }, { $bound } pass

## Positions and impressions (ISO/IEC 19794-2)
position-right-thumb = right-thumb
position-right-index = right-index
position-right-middle = right-middle
position-right-ring = right-ring
position-right-little = right-little
position-left-thumb = left-thumb
position-left-index = left-index
position-left-middle = left-middle
position-left-ring = left-ring
position-left-little = left-little
position-unknown = unknown
impression-live-plain = live-plain
impression-live-rolled = live-rolled
impression-nonlive-plain = nonlive-plain
impression-nonlive-rolled = nonlive-rolled
impression-latent-impression = latent-impression
impression-latent-photo = latent-photo
impression-latent-lift = latent-lift

## How a chance is known
calibration-model = model
calibration-measured = measured
calibration-extrapolated = extrapolated
