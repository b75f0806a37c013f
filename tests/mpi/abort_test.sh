#!/bin/sh
# abort_test.sh MPIRUN PROBE: whichever rank fails, the job ends with its code and its one line.
for rank in 0 1 2; do
  output=$("$1" --quiet -n 3 "$2" $rank 2>&1)
  code=$?
  lines=$(printf '%s\n' "$output" | grep -c '^probe: the disk of this rank is full$')
  if [ $code -ne 4 ] || [ "$lines" -ne 1 ]; then
    echo "rank $rank failed: exit code $code (expected 4), output: $output"
    exit 1
  fi
done
