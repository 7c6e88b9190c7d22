"""A night in parts on a Spark cluster: a task per part, and the driver makes one list of them.

    spark-submit --conf spark.task.cpus=16 tanba_night.py --parts 8 --out s3://registry/night/2026-11-22 \
        nightly --gallery s3://registry/gallery

Every node needs the program `tanba` and the credentials of the bucket in its environment
(spark.executorEnv.AWS_ACCESS_KEY_ID and the like, or the role of the machine). OUT is a bucket, or a folder that every
node sees. Spark gives a failed task again, here where tanba ended with 4 (incomplete); what people must look at (a refusal,
a broken file) ends the job at once. Given again with the same OUT the job does what is left.
"""

import argparse
import subprocess
import sys

from pyspark.sql import SparkSession

INCOMPLETE = 4


def run_part(command, number, parts):
    """One part: its exit code and the end of what it said. A task that Spark gives twice does no harm."""
    ended = subprocess.run(
        [*command, "--part", f"{number}/{parts}"], capture_output=True, text=True, check=False
    )
    if ended.returncode == INCOMPLETE:
        raise RuntimeError(f"part {number}/{parts}: {ended.stderr[-2000:]}")
    return number, ended.returncode, ended.stderr[-2000:]


def main():
    parser = argparse.ArgumentParser(description="A tanba run in parts on Spark.")
    parser.add_argument("--parts", type=int, required=True)
    parser.add_argument("--out", required=True, help="folder that all nodes see, or s3://BUCKET/PREFIX")
    parser.add_argument("--tanba", default="tanba", help="the program, as it is called on every node")
    options, arguments = parser.parse_known_args()

    # Two attempts of one part at the same time would only do the work twice.
    builder = SparkSession.builder.appName("tanba").config("spark.speculation", "false")
    spark = builder.getOrCreate()
    command = [options.tanba, "run", *arguments, "--out", options.out]
    parts = options.parts
    numbers = spark.sparkContext.parallelize(range(1, parts + 1), parts)
    ended = numbers.map(lambda number: run_part(command, number, parts)).collect()
    spark.stop()

    failed = [(number, code, said) for number, code, said in ended if code != 0]
    for number, code, said in failed:
        print(f"part {number}/{parts} ended with {code}: {said}", file=sys.stderr)
    if failed:
        return max(code for _, code, _ in failed)
    code = subprocess.run([options.tanba, "finish", "--out", options.out], check=False).returncode
    # Without hits is a success to a scheduler.
    return 0 if code == 1 else code


if __name__ == "__main__":
    sys.exit(main())
