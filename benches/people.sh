# Two people with keys, so that one trains a model, the other approves it, and it can be activated. To be sourced.

# people PROBANT: in a workspace, makes the keys of `data` and `dpo`, and names them in its policy.
people() {
  local person key
  for person in data dpo; do
    key=$("$1" keys person "$person" --out "$person.key" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])')
    sed -i "s|^id = \"$person\"$|&\nkey = \"$key\"|" probant.toml
  done
}

# publish PROBANT: the newest model is approved by the second person, and activated.
publish() {
  "$1" models approve @candidate --as dpo --key dpo.key > /dev/null 2>&1
  "$1" models activate @candidate --as data --key data.key > /dev/null 2>&1
}
