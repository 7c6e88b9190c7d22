# What the program says to people, in English: the page of a run.

## The page
report-title = Tanba: report of run { $run }
report-skip = To the report
report-kind = Tanba · report of a run
report-not-whole = This run is not whole
report-to-look-at = To be looked at
report-nothing-open = Nothing needs attention
report-which = Run { $run }, began { $began }
report-parts = Parts of the report
report-nav-attention = Attention
report-nav-ran = What ran
report-stages = Stages
report-nav-bands = Hits by band
report-nav-new = New
report-nav-scores = Scores
report-accuracy = Accuracy
report-nav-clusters = Clusters
report-strongest = Strongest hits
report-rejected = Rejected imports
report-nav-left-out = Left out
report-nav-prediction = Prediction
report-again = Asking again

## Attention
report-not-found = Looked for and not found:
report-chance-both = Expected by chance: hits of unrelated persons, different persons that the model lets expect in all searches together; relatives and twins raise it.
report-chance-profiles = Expected by chance: hits of unrelated persons that the model lets expect in all searches together; relatives and twins raise it.
report-chance-fingers = Expected by chance: hits of different persons that the model lets expect in all searches together; relatives and twins raise it.
report-count-queries = Queries of these counts
report-whole-run = the whole run
report-query-of = Query of { $table }
report-numbers-and-query = Numbers and query: { $table }

## What ran
report-ran = What ran, and on what ground
report-bound = This result is bound to a case. It is kept with the material of the case and destroyed with it (`tanba hits expunge`), and so is this page.
report-not-bound = Standing searches: the article of each is its ground. The result is bound to no case.
report-run-in-full = The run in full
report-parameters = Parameters
report-run-id = run
report-run-began = began (UTC)
report-run-alive = records alive on
report-run-generation = generation of the gallery
report-run-manifest = BLAKE3 of its manifest
report-run-since = goes on from run
report-run-release = release of tanba
report-run-schema = version of the hit schema
report-run-simd = instruction set
report-run-threads = threads
report-run-tile-probes = probes per tile
report-run-tile-rows = gallery rows per tile
report-run-memory = most memory resident, bytes
report-run-kernels = comparators
report-parameter-kind = threshold chosen by
report-parameter-value = its value
report-parameter-rules = rules of identity
report-parameter-version = version
report-parameter-rules-hash = BLAKE3 of the rules
report-parameter-mismatches = loci that may fail
report-parameter-loci = least loci compared
report-parameter-frequencies = allele frequencies
report-parameter-theta = theta
report-parameter-rare = rare alleles
report-parameter-top = hits kept per probe
report-parameter-prior = prior
report-parameter-transmission = transmission of alleles
report-parameter-owners = across owners
report-parameter-purpose = case purpose
report-case = case
report-case-role = role
report-case-ground = ground
report-case-asker = asked by
report-case-unit = unit

## Stages and bands
report-stages-note = Every comparison is counted once: the screen ended it, or it was scored in full. Hits are those at or over the threshold.
report-bands = Hits by band, and what chance lets expect
report-bands-note = Bars are hits, lines are chance hits to expect among unrelated persons (dashed: fewer than the axis shows). Where the line is near the bar, chance explains the hits.
report-no-bands = Searches of fingerprints have no bands; what chance lets expect at the threshold is in the table of predictions.
report-new = New since the last run
report-against-run = Against run { $run }.
report-delta-against = This run compared new pairs only: hits of pairs compared before stand in the earlier list alone.
report-delta = This run goes on from an earlier one: it compared pairs with a newer side only, and all its hits are new.
report-no-previous = No earlier run was named (`--previous`). By the generation of the gallery that made the pair possible:
report-scores = Scores, and the threshold
report-scores-note = Pairs that passed the screen, by exact score; hits in colour; the upright line is the threshold. Pairs that a locus excludes in a search by kinship have no place on the axis; the table has them.

## Accuracy
report-accuracy-note = The truth of this registry is known. These numbers are those of `tanba evaluate`; nothing is known below the threshold of the run.
report-calibration = Calibration of chance
report-calibration-note = Hits of unrelated persons by band of score, all searches together, against what the model of chance let expect there. A band lies right of where it should where the model expects too many, left where too few.

## Clusters
report-clusters = Clusters of records that may be one source
report-clusters-note = Lines are hits, with their score; the broken line is the weakest link, without which the cluster falls into two. At most { $top } clusters are drawn; `clusters.parquet` has all. Large clusters are drawn without names.
report-no-cluster = No cluster.

## Hits
report-strongest-note = At most { $top } of each search; `hits.parquet` has all.
report-no-hits = No hits.
report-made-of = What these scores are made of
report-made-of-note = The first of each search, compared again from the records of the gallery as the list has it; `tanba explain` shows any hit, with every impression.
report-pair = { $search }: { $probe } and { $gallery }
report-pair-of-family = { $search }: { $probe } and { $gallery }, family { $family }
report-not-drawn = Not drawn: { $reason }
report-with-gallery = With `--gallery` the first of each search are drawn here.

## Rejected, left out, foreseen
report-rejected-note = Everything that is in the gallery's quarantine now, whenever it was imported.
report-no-quarantine = Not known: no gallery was named (`--gallery`), or it has no quarantine.
report-left-out = Records left out
report-left-out-note = A record whose retention has ended, or that is blocked, takes part in no search. A relative takes part only with consent, while the case is open. A record may be left out of several searches.
report-prediction = Prediction against reality
report-prediction-note = Chance hits are those of unrelated persons: more hits than these are what the search is for. Seconds are predicted from rates measured on this machine's processor before the run.
report-again-note = Each query gives its numbers in DuckDB, asked in the folder of the run. The charts are drawn from the tables beside them. `tanba report --json` prints all tables with their queries.
report-made-by = Made by tanba { $version }. This page names records and persons: handle it as the hit list.
report-excluded = excluded
yes = yes
no = no

## What was looked for
report-check-unlawful = { $count ->
    [one] hit that must not exist
   *[other] hits that must not exist
}
report-check-unlawful-advice = of records that may not be compared, by the truth: stop and report it
report-check-not-drawn = { $count ->
    [one] hit that could not be drawn
   *[other] hits that could not be drawn
}
report-check-not-drawn-advice = the reason stands in the place of the picture
report-check-put-out = { $count ->
    [one] device put out
   *[other] devices put out
}
report-check-put-out-advice = the processor did their tiles; the hits are the same
report-check-set-aside = { $count ->
    [one] segment of the gallery not searched
   *[other] segments of the gallery not searched
}
report-check-set-aside-advice = restore them from a backup and run again: their records were compared with nobody
report-check-large-clusters = { $count ->
    [one] cluster of three or more records
   *[other] clusters of three or more records
}
report-check-large-clusters-advice = one weak link may join two persons: look at it before anything is merged
report-check-clusters = { $count ->
    [one] cluster of records that may be one source
   *[other] clusters of records that may be one source
}
report-check-clusters-advice = persons registered more than once, stains of one source
report-check-excluding = { $count ->
    [one] hit with a locus that excludes
   *[other] hits with a locus that excludes
}
report-check-excluding-advice = listed because typing errors exist; the likelihood ratio is zero as typed
report-check-contradicted = { $count ->
    [one] hit that lineage markers or amelogenin speak against
   *[other] hits that lineage markers or amelogenin speak against
}
report-check-contradicted-advice = the score does not know of these markers: read them beside it
report-check-contested-bodies = { $count ->
    [one] body that fits more than one family
   *[other] bodies that fit more than one family
}
report-check-contested-bodies-advice = at most one is theirs: decide together
report-check-contested-families = { $count ->
    [one] family that more than one body fits
   *[other] families that more than one body fits
}
report-check-contested-families-advice = at most one is theirs: decide together
report-check-new = { $count ->
    [one] hit that the earlier run did not have
   *[other] hits that the earlier run did not have
}
report-check-new-advice = to be looked at first
report-check-undecided = { $count ->
    [one] hit no examiner has decided on
   *[other] hits no examiner has decided on
}
report-check-undecided-advice = tanba adjudicate next shows the queue
report-check-rejected = { $count ->
    [one] line in the gallery's quarantine
   *[other] lines in the gallery's quarantine
}
report-check-rejected-advice = records of these files are not in the gallery

## Captions of tables
report-caption-night = The whole run
report-caption-searches = Searches, the article that allows each, and its threshold
report-caption-stages = Pairs at each stage of a search
report-caption-finger-stages = Pairs of fingerprint records that passed each stage of the screen
report-caption-bands = Hits by band of score, from the threshold up, and what chance lets expect there
report-caption-histogram = Exact scores of the pairs that passed the screen, in bins of one order of magnitude
report-caption-generations = Hits by the generation of the gallery that brought the later of the two records
report-caption-new = Hits that the earlier run did not have
report-caption-left-out = Records left out of each search, and why
report-caption-set-aside = Segments of the gallery that were not searched
report-caption-prediction = Foreseen, and what came
report-caption-devices = Devices
report-caption-lineage = Hits by what their lineage markers say (no part of a score)
report-caption-strongest = The strongest hits of each search
report-caption-cluster-sizes = Clusters by size
report-caption-clusters = Clusters to look at first: the largest, then those with the weakest link
report-caption-rejected = Rejected imports in the gallery's quarantine, by file and rule
report-caption-accuracy = Hits against the truth
report-caption-calibration = Chance hits found and expected in all searches, by log10 above the threshold

## Columns
column-searches = searches
column-in-full = scored in full
column-clusters = clusters
column-records-left-out = records left out
column-article = article
column-searched = searched
column-records = records
column-searched-in = searched in
column-threshold-log10 = threshold, log10
column-since-generation = since generation
column-screened-out = ended by the screen
column-stage = stage
column-passed = passed
column-from-log10 = from, log10
column-to-log10 = to, log10
column-of-these-hits = of these hits
column-generation = generation
column-known-before = known before
column-only-before = only in the earlier list
column-expired = retention ended
column-blocked = blocked
column-relatives-not-usable = relatives not usable
column-no-impression = no comparable impression
column-impressions-not-compared = impressions not compared
column-segment = segment
column-of = of
column-file = file
column-what-is-wrong = what is wrong
column-predicted-seconds = predicted seconds
column-device = device
column-tiles = tiles
column-put-out-because = put out because
column-y-supported = Y-STR support
column-inconclusive = inconclusive
column-exclude = exclude
column-mt-supported = mtDNA supports
column-excludes = excludes
column-amelogenin-agrees = amelogenin agrees
column-differs = differs
column-person = person
column-family = family
column-score-log10 = score, log10
column-chance-this-good = chance hits this good
column-records-in-cluster = records in the cluster
column-weakest-of-all = weakest link of all, log10
column-cluster = cluster
column-weakest-link = weakest link, log10
column-between = between
column-and = and
column-rejected = rejected
column-mated-pairs = mated pairs
column-missed = missed
column-hits-of-twins = hits of twins
column-of-relatives = of relatives
column-must-not-exist = that must not exist
column-score-above = score above the threshold
column-expected = expected
column-count = count

## Charts
chart-cluster = { $search }: cluster { $cluster } with its hits
chart-trades = Detection error trade-off: share of mated pairs missed against chance hits per comparison
chart-per-comparison = chance hits per comparison
chart-share-missed = share of mated pairs missed
chart-none = none
chart-calibration = Calibration: chance hits found against chance hits expected, by band of score
chart-as-expected = as many as expected
chart-found-root = found, ± its square root
chart-chance-expected = chance hits expected
chart-chance-found = chance hits found
chart-bands = { $search }: hits (bars) and chance hits to expect (lines), by band of score
chart-histogram = { $search }: pairs scored in full, hits among them, and the threshold
chart-stages = Pairs compared, scored in full, and hits, by search (logarithmic)
chart-compared = compared
chart-prediction = Seconds predicted and taken, by search (logarithmic)
chart-predicted = predicted
chart-taken = taken
chart-band-to = { $from } to { $to }
chart-band-more = { $from } and more
chart-band-fingers = all scores, fingerprints

## Categories of the law (docs/languages.md)
category-convict = convict
category-trace = trace
category-corpse = corpse
category-relative = relative
category-citizen = citizen
category-seafarer = seafarer
category-resident = resident
category-refugee = refugee
category-expelled = expelled
category-visa = visa
category-convict-register = convict
