# What the program says to people, in English: the other verbs.

## A plan
plan-mb-read = MB read
plan-setup = and { $seconds } s before the first search: opening the gallery, describing probes, measuring screens
plan-all-pairs = all pairs
plan-join = join by keys
plan-powers = { $search }: a body of the missing person, typed at the loci most bodies have, would be found with probability 0.95 or more in { $likely } of { $all } families, 0.5 to 0.95 in { $even }, less in { $weak }
plan-weakest = weakest: { $list }
plan-weak-family = { $family } ({ $found }; half of its bodies have { $score } or more)
plan-never = never compared: { $probe } with { $gallery } ({ $article })
plan-fingerprints = { $register } fingerprints
plan-fingerprints-of = { $register } fingerprints of { $owner }
plan-kinship = kinship
plan-left-out = left out: { $expired } expired and { $blocked } blocked { $category } records
plan-loci-linked = { $what }: loci are multiplied as independent, and these lie near each other: { $pairs }. Between relatives their product is not exact; docs/kinship.md says more
plan-locus-pair = { $a } and { $b }
plan-searches-of-families = searches of families
plan-family-not-searched = { $search }: family { $family } is not searched: { $reason }

## How far a run is
status-run = run { $run }, { $state } since { $began }
state-finished = finished
state-running = running
state-interrupted = interrupted
part-state-done = done
part-state-running = running
part-state-interrupted = interrupted
part-state-not-begun = not begun
record-state-living = living
record-state-blocked = blocked
record-state-archived = archived
record-state-expired = expired
status-tiles-of = { $done } of { $all }
status-tiles = { $done } of { $all } tiles done, { $hits } hits
status-held-by = held by { $holder }
status-part = part { $part }/{ $of }: { $state }
status-part-held = part { $part }/{ $of }: { $state }, { $holder }
status-go-on = go on with: tanba { $verb } --out { $out }
status-parts-left = { $count } parts have not ended; give their `tanba run --part` again
status-part-run = part { $part } of run { $run }: { $tiles } tiles, { $comparisons } comparisons, { $hits } hits before the final order
status-part-was-done = part { $part } of run { $run } had been done before: { $tiles } tiles, { $comparisons } comparisons, { $hits } hits before the final order
status-changed = this night cannot go on from the earlier run (changed since: { $changed }): every pair is compared again
status-not-searched = NOT SEARCHED: { $records } { $of } records of segment { $segment }: { $file }: { $rule }; restore it from a backup and run again
status-when-all-ended = when every part has ended: tanba finish --out { $out }
progress-advanced = { $search }: { $done } of { $all } tiles, { $hits } hits, { $seconds } s left
progress-finished = { $search }: { $comparisons } comparisons in { $seconds } s
progress-hits = { $hits } hits
progress-waiting = waiting for another run that writes into { $out }
progress-waiting-for = waiting for another run that writes into { $out } ({ $holder })
progress-put-out = { $device } takes no further part, the processor does its tiles: { $fault }

## Decisions of examiners
adjudicate-look = look
look-first = first
look-second = second
look-disputed = disputed
adjudicate-together = together with others
adjudicate-queue = { $hits } hits to look at, { $shown } shown: { $first } first looks, { $second } second looks, { $disputed } disputed; left out: { $decided } decided, { $waiting } that wait for another examiner
adjudicate-decided = { $hit }: { $verdict } by { $examiner }
adjudicate-replaced = { $hit }: { $verdict } by { $examiner }, in place of the earlier one
verdict-identification = identification
verdict-exclusion = exclusion
verdict-inconclusive = inconclusive
verdict-insufficient = insufficient
adjudicate-added = { $added } decisions added, { $present } were already there
adjudicate-exported = { $count } decisions written to { $file }
adjudicate-month = month
adjudicate-decisions = decisions
adjudicate-confirmed = confirmed
adjudicate-adventitious = adventitious
adjudicate-inconclusive = inconclusive
adjudicate-insufficient = insufficient
adjudicate-median-days = median days
adjudicate-waiting = { $waiting } hits wait for a second examiner, { $disputed } are disputed (as of { $day })
adjudicate-legend = confirmed and adventitious: two examiners agree on identification, on exclusion
adjudicate-before = of { $hits } hits { $decided } were decided before, { $waiting } wait for a second examiner, { $disputed } are disputed, { $new } are to be looked at (tanba adjudicate next)
adjudicate-hit = hit { $hit }: { $search }, { $article }
adjudicate-a-relative = a relative
adjudicate-score = score { $score }
adjudicate-blind = another examiner has decided: the score and their verdict are not shown
adjudicate-own = you decided { $verdict }: { $reason }
adjudicate-not-held = { $record }: not in the gallery (the probe of a file?)
adjudicate-profile = { $record }: { $category }, registered { $day }, kit { $kit }
adjudicate-kit-not-stated = not stated
adjudicate-prints = { $record }: { $category }, registered { $day }
adjudicate-no-images = the program holds minutiae and no images: look at the prints in the system that keeps them
adjudicate-agreement = agreement
agreed-not-compared = not compared
column-record = record
column-position = position
column-impression = impression
column-quality = quality

## A gallery
gallery-info = gallery { $gallery }, generation { $generation }, committed { $committed }
column-index = index
column-register = register
column-living = living
column-gallery-expired = expired
column-segments = segments
column-bytes-per-record = bytes/record
column-persons = persons
column-prints = prints
column-bytes-per-print = bytes/print
gallery-members = { $members } family members, { $imports } files imported
gallery-minutiae = { $register } of { $owners }: { $least } to { $most } minutiae, median { $median }; descriptors of version { $versions }
gallery-verified = { $files } files of generation { $generation } are as committed
gallery-broken = broken: { $error }
gallery-changed = { $records } { $change } at generation { $generation }
change-blocked = blocked
change-unblocked = unblocked
change-depersonalised = depersonalised
change-repersonalised = repersonalised
gallery-person = person { $person }: { $records } records at generation { $generation }, on { $day }
gallery-person-record = { $record } ({ $kind } record, { $category }, { $owner }): registered { $day }, { $state }
kind-genomic = genomic
kind-fingerprint = fingerprint
gallery-kept-until = kept until { $day }: { $rule }
gallery-archived = in the archive until { $day }, not matched (L40 15(2))
gallery-holds = holds { $content }
gallery-loci = { $count } autosomal loci
gallery-impressions = { $count } impressions
gallery-depersonalised = depersonalised: searches show no personal identifier (L40 9(1))
gallery-given-for = given for family { $family }, which looks for { $person }; the case is { $state }
gallery-imported = imported at generation { $generation } from a file with BLAKE3 { $hash }
gallery-sought = sought by family { $family }; the case is { $state }
case-open = open
case-closed = closed
gallery-no-date = no date yet
gallery-event = { $event } on { $day } ({ $source })
feed-refused = { $file }: refused; reasons: { $reasons }
feed-recorded = { $file }: { $events } events recorded, { $known } known before; gallery at generation { $generation }
feed-retentions = { $records } records get another last day
feed-undated = from { $events } events no date follows: the line states no birth_date; send it again with one
feed-closed = { $families } families: the case is closed (L40 29(3))
feed-noted = { $records } noted, no change: { $reason }
feed-lines-refused = { $lines } lines refused; reasons: { $reasons }
feed-none = none
destroy-records = { $records } records destroyed; the gallery is at generation { $generation }
destroy-files = { $files } files removed
destroy-hits = { $run }: { $hits } hits taken out
destroy-hits-unfinished = { $run }: { $hits } hits taken out; it had not ended and cannot go on
destroy-nothing-left = nothing of them is left in { $files } files of { $bytes } bytes
destroy-request-number = { $file }: a number of a record is there as that of a request, and stays
destroy-same-biometrics = { $file }: another record has the same biometrics and stays
destroy-report = report: { $file }

## An import
import-file = { $file }: { $format }, { $records } records
import-finger-file = { $file }: { $format }, { $records } records, { $templates } templates from { $files } files
import-not-recognised = not recognised
import-family-members = { $count } family members
import-pedigree-persons = { $count } persons of pedigrees
import-haplotypes = { $count } haplotypes
import-rejected = { $count } rejected
import-reasons = reasons: { $file }
import-haplotypes-refused = a table of haplotypes was refused, so no file of this import goes in: a record in the gallery cannot be given a haplotype later
import-family-lines = { $lines } lines of families are new or changed
import-pedigrees = { $count } pedigrees are new or changed
import-known = { $file }: imported before; nothing to do
import-present = { $records } records were already there
import-retention-updates = { $records } records already there are kept until another day from now on
import-retention-kept = { $records } records already there keep their retention: what the files state does not supersede it (the first is { $first })
import-added = gallery { $gallery } is at generation { $generation }: { $count } { $category } records added
import-more = … and { $count } more

## What a file holds
check-refused = { $file }: refused
check-file = { $file }: { $format }, { $held }
check-held-refused = refused
check-templates = { $count ->
    [one] { $shown } template
   *[other] { $shown } templates
}
check-transaction = transaction { $transaction }
check-drawn = drawn in { $file }
column-view = view
column-size = size
column-endings = endings
column-bifurcations = bifurcations
column-other = other
check-image = image of type { $kind }, IDC { $idc }: { $positions }, { $algorithm }, { $width } x { $height } pixels; not matched
check-or = or

## The log of a gallery
audit-key = key: { $file } (keep it from everybody else)
audit-public-key = public key: { $key } (keep a copy where users of the gallery cannot write)
audit-verified = { $entries } entries hold together, the last is { $hash }
column-entry = entry
column-time = time
column-user = user
column-verb = verb
column-outcome = outcome
column-audit-counts = counts
audit-shown = { $shown } of { $all } entries
audit-begins = begins
audit-of = { $outcome } (of { $entry })
audit-signed = the head is signed by { $key }: compare it with the key you keep elsewhere, or give that with --public-key
audit-known-head = the head is not signed; entry { $entry } is that of the copy given. What was written after it may have been cut or written anew
audit-unsigned = the head is not signed: this cannot find that the log was cut and its head made anew, nor that it was written anew from some entry to its end. Sign it (--audit-key), or keep copies of audit/head.json elsewhere (--known-head)
audit-torn = an entry of { $bytes } bytes was cut short by a crash at the end; the next command sets it aside
audit-open = entry { $entry } ({ $verb }, { $time }, user { $user }) has no end: it was cut short, or still runs

## Devices
devices-none = no Vulkan driver was found: everything runs on the processor
column-name = name
column-kind = kind
column-driver = driver
column-mib-bound = MiB bound
column-self-test = self-test
column-kernel = kernel
column-pairs-per-second = pairs per second
column-of-paper = % of paper
column-dispatched = % dispatched
column-read-back = % read back
column-mb-sent = MB sent
column-mb-read = MB read
column-numbers = numbers
column-against-processor = against the processor
devices-equal = equal

## Verification, policy, keys, rules, report
verify-confirmed = identity confirmed
verify-not-confirmed = identity not confirmed
verify-score = score { $score } of { $threshold } needed: different persons reach it in { $rate } of comparisons ({ $calibration })
verify-finger = { $probe } with { $gallery }: { $score }
verify-rule = rule: { $rule }; { $purpose } ({ $article })
policy-set = policy "{ $name }" is in force ({ $hash })
policy-in-force = policy "{ $name }": role, ground and case are demanded
policy-none = no policy: nothing is demanded. Whoever states a role or ground is held to the documented default:
policy-legend = pairs of indexes + pairs of registers + registers to verify against; - may not be stated
keys-made = key { $name } is the first of { $file }
keys-keep = keep a copy of the key file where the gallery is not: without it nothing encrypted can be read
rules-traces = traces
rules-least-loci = least loci
rules-source = source
report-written = { $file }: { $bytes } bytes
report-outside = a report outside the folder of its run is not destroyed with it: `hits expunge` and `gallery destroy` do not reach it

## What the exit code of an error means (docs/languages.md)
error-usage = error
error-input-rejected = error
error-incomplete = error
error-refused = error
error-integrity = error

## Searches left out, results destroyed
ask-left-out = left out: { $error }
expunge-other = { $folder } is not bound to case { $case }: left alone
expunge-folder = { $folder } destroyed
expunge-results = { $results } results of case { $case } destroyed: { $files } files, { $bytes } bytes overwritten and removed
expunge-not-reached = not reached: copies, exports and backups elsewhere; snapshots, journals and copy-on-write blocks of the file system; blocks a drive has moved

## Why a search goes one way
way-newer-only = only pairs with a newer side are compared
way-stringency = at { $stringency } stringency sets that differ may agree: no keys
way-typed-otherwise = the rules let sets agree that are typed otherwise: no keys
way-asked = asked for
way-adapters = adapters alone are to compare, and they have no join
way-memory = memory is limited, and a join holds the keys of every record
way-no-exact = no record is typed exactly at more loci than may fail: no keys
way-nothing = there is nothing to compare
way-records = { $keyed } records have keys of { $blocks } blocks of loci, { $pool } have none
way-asked-records = asked for; { $records }
way-join-faster = { $records }; a join takes about { $join }, all pairs { $pairs }
way-pairs-faster = { $records }; all pairs take about { $pairs }, a join { $join }
way-too-many = { $pairs } pairs of records have a key in common, far more than expected

## Why two lists may differ
differ-generations = generation { $before } of the gallery, then { $after }
differ-parameter = parameter { $name }
differ-kernels = versions of the comparators
differ-searches = searches made
differ-newer-only = the later compared only pairs newer than generation { $generation }: others are not gone, they were found before
way-seconds = { $seconds } s
status-was-finished = run { $run } had been finished before: { $hits } hits in { $out }
status-was-put = run { $run } had ended; its { $hits } hits are in { $out } now
cluster-listens-tls = the scheduler listens on { $address }, with TLS
cluster-listens-clear = the scheduler listens on { $address }, in the clear, on this computer
cluster-waits = waiting: { $reason }
cluster-asks = asks the scheduler { $address } for tiles, { $slots } at a time
cluster-lost = the scheduler { $address } answers no more; asking on
