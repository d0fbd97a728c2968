#!/usr/bin/env python3
"""Writes a long history for `git fast-import` to standard output, the same one every time.

usage: benches/histories.py code|apps|charts [COMMITS]

  code    3,000 files: the sources of a program, and 20 models in three environments, of which one
          is changed by every hundredth part of the commits
  apps    3,000 files, all of them YAML: the services of 30 teams in three environments, whose image
          tags change commit by commit, and the same 20 models
  charts  300 charts of one model each, one of which every commit touches
"""
import random
import sys

MODELS = 20
TEAMS = 30
CHARTS = 300
ENVIRONMENTS = ("dev", "staging", "prod")
CONFIG = "environments:\n  - name: dev\n  - name: staging\n  - name: prod\n"
SERVICE = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {name}
  namespace: ml
spec:
  predictor:
    minReplicas: 2
    model:
      modelFormat:
        name: sklearn
      storageUri: s3://models/{name}/v{version}/
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {team}
  labels:
    app: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: {name}
          image: registry.example.com/{team}/{name}:{version}
          ports:
            - containerPort: 8080
          resources:
            requests:
              cpu: 100m
              memory: 256Mi
"""
CHART = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ .Chart.Name }}
  namespace: ml
  labels:
    app: {{ .Release.Name }}
spec:
  predictor:
    minReplicas: {{ .Values.replicas }}
    model:
      modelFormat:
        name: sklearn
      storageUri: {{ .Values.uri | quote }}
"""


class History:
    """One branch, a commit every five minutes."""

    def __init__(self):
        self.out = sys.stdout.buffer
        self.time = 1_700_000_000
        self.random = random.Random(7)

    def commit(self, message, files):
        self.time += 300
        text = message.encode()
        self.out.write(b"commit refs/heads/main\n")
        self.out.write(b"committer Ana <ana@example.com> %d +0000\n" % self.time)
        self.out.write(b"data %d\n%s\n" % (len(text), text))
        for path, content in files:
            content = content.encode()
            self.out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))


def model(environment, number, version):
    name = f"m{number:02}"
    return f"models/{environment}/{name}.yaml", SERVICE.format(name=name, version=version)


def deployment(number, version):
    environment = ENVIRONMENTS[number % 3]
    team, name = f"team{number // 3 % TEAMS:02}", f"app{number // 3:03}"
    path = f"apps/{team}/{name}/overlays/{environment}/deployment.yaml"
    return path, DEPLOYMENT.format(name=name, team=team, version=version)


def source(number, version):
    return f"src/d{number % 60:02}/s{number % 7}/f{number}.py", f"VERSION = {version}\n" * 20


def long(history, commits, other):
    """Models beside 2,939 files of another kind, which most commits change."""
    files = [("mlgitops.yaml", CONFIG)]
    files += [model(environment, number, 1) for environment in ENVIRONMENTS for number in range(MODELS)]
    files += [other(number, 0) for number in range(3000 - len(files))]
    history.commit("the first commit", files)
    others = 3000 - 1 - 3 * MODELS
    every = max(commits // 100, 2)
    for at in range(1, commits):
        if at % every == every - 1:
            number, environment = history.random.randrange(MODELS), history.random.choice(("staging", "prod"))
            history.commit(f"m{number:02} in {environment}", [model(environment, number, 2 + at // every)])
        else:
            history.commit(f"work {at}", [other(history.random.randrange(others), at)])


def charts(history, commits):
    files = []
    for number in range(CHARTS):
        folder = f"charts/m{number:03}"
        files += [
            (f"{folder}/Chart.yaml", f"apiVersion: v2\nname: m{number:03}\nversion: 0.1.0\n"),
            (f"{folder}/values.yaml", "uri: s3://models/none/v1/\nreplicas: 1\n"),
            (f"{folder}/templates/inference-service.yaml", CHART),
        ]
        files += [values(number, environment, 1) for environment in ("staging", "prod")]
    history.commit("the first commit", files)
    for at in range(1, commits):
        number, environment = history.random.randrange(CHARTS), history.random.choice(("staging", "prod"))
        history.commit(f"m{number:03} in {environment}", [values(number, environment, at + 1)])


def values(number, environment, version):
    return f"charts/m{number:03}/values-{environment}.yaml", f"uri: s3://models/m{number:03}/v{version}/\n"


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind not in ("code", "apps", "charts"):
        sys.exit(__doc__)
    commits = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000 if kind == "charts" else 100_000
    history = History()
    if kind == "charts":
        charts(history, commits)
    else:
        long(history, commits, source if kind == "code" else deployment)


if __name__ == "__main__":
    main()
