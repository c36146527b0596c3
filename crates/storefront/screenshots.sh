#!/usr/bin/env bash
# Takes a screenshot of every public page, on a phone and on a desk, light and dark, in both languages.
# usage: screenshots.sh http://127.0.0.1:8080 FOLDER [PATH…]
set -euo pipefail
at=$1
to=$2
shift 2
mkdir -p "$to"
pages=("$@")
[ ${#pages[@]} -gt 0 ] || pages=(/ /products /products/1 /deals /cart /sign-in /sign-up /coupons /nothing)
for page in "${pages[@]}"; do
  name=$(echo "$page" | tr -c 'a-zA-Z0-9\n' '-')
  for size in 390,2200 1280,1800; do
    for language in ko en; do
      chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=3000 --lang="$language" \
        --accept-lang="$language" --window-size="$size" --screenshot="$to/page$name-${size%,*}-$language.png" "$at$page" 2>/dev/null
    done
  done
done
ls "$to"
