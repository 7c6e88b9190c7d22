# What the program says to people, in English. The other languages have the same messages with the same variables; what
# one lacks is said in English. Names of searches, rules, statements and columns are data and stay as they are.

## Labels
help = help
warning = warning
rejected = rejected

## Columns
search = search
comparisons = comparisons
left-out = left out
threshold = threshold
expected-by-chance = expected by chance
hits = hits
seconds = seconds
pairs-per-second = pairs/s
probe = probe
gallery = gallery
log10-lr = log10 LR
log10-fmr = -log10 FMR
relation = relation
full-compared = full/compared
chance = chance
rule = rule
fingers = fingers
minutiae = minutiae
hit = hit
found = found
agreement = agreement
by-chance = by chance
decision = decision
score = score
probes = probes
searched-in = searched in
probes-hit = probes hit
records-hit = records hit
new = new
best = best

## A finished run
clusters = { $count ->
    [one] { $shown } cluster of records that may be one source
   *[other] { $shown } clusters of records that may be one source
}
contested-bodies = bodies that fit more than one family
contested-families = families that more than one body fits
decide-together = { $what }, to be decided together ({ $count }): { $list }
run-total = { $comparisons } comparisons, { $hits } hits in { $seconds } s on { $devices }, { $threads } threads; run { $run }
hit-list-at = hit list: { $path }
expected-found = expected / found
band-and-more = +{ $from } and more
band-to = +{ $from } to { $to }
bands-legend = expected by chance / found, by log10 above the threshold: unrelated persons, theta { $theta }; relatives and twins raise what is to be expected
rules-of-identity = rules of identity: { $name } version { $version }
lineage-heading = hits by lineage markers (no part of a score):
lineage-excluded = { $count } excluded
lineage-inconclusive = { $count } inconclusive
lineage-supported = { $count } supported
lineage-unknown = { $count } of unknown line
amelogenin = amelogenin: { $differ } of { $all } differ
not-compared = not compared in { $search }: { $impressions } impressions without a position of their own (slaps, unknown); { $records } records have no other
unit-both = log10 likelihood ratio of profiles, -log10 false match rate of fingerprints
unit-fmr = -log10 false match rate
unit-lr = log10 likelihood ratio
among-both = among unrelated persons; of fingerprints, among different ones
among-different = among different persons
among-unrelated = among unrelated persons
legend = threshold: { $unit }; left out: records expired or blocked; expected by chance: { $among }
no-hits = no hits
strongest-hits = strongest hits of each search:
all-hits = hits:
excluded-at = excluded at { $loci }
of-family = family { $family }
kin-in-family = { $kinship } in { $family }
lead-not-identification = A hit is a lead for an examiner, not an identification.
memory-overrun = { $peak } MiB were resident for a moment, the limit of --memory is { $limit } MiB: give that much, or fewer --threads

## Lists of hits
decision-open = open
decision-one-look = one look
decision-disputed = disputed
hits-shown = { $hits } hits, { $shown } shown
hits-shown-of = { $hits } hits of { $all } in the list, { $shown } shown
more-hits = more with --top K, all with --top 0
agree-loci = { $full }/{ $compared } loci
agree-minutiae = { $minutiae } minutiae, { $fingers } fingers
new-legend = new: of pairs that could not be compared before generation { $generation } of the gallery
by-log10 = { $search }: hits by log10 of the score
by-class = by class
by-rule = by rule
runs-differ = the runs differ: { $reason }
diff-new = new
diff-gone = gone
diff-changed = changed
score-changed = { $before } before, now { $now }
diff-more = { $count } more of this kind: --top 0
diff-counts = { $new } new, { $gone } gone, { $changed } with another score, { $same } the same
exported = { $hits } hits written to { $file }, { $bytes } bytes
nothing-exported = no hit, no file
