kind: K
n: "e.tpl"
