#!/usr/bin/env python3
"""Gives a generated repository Flux's objects in the place of its ApplicationSet.

usage: benches/fluxify.py FOLDER

Each cluster has a folder `clusters/ENV` with what `flux bootstrap` writes and one file a model: a
HelmRelease of the model's chart, or a Kustomization of its overlay. Namespaces are those of the
ApplicationSet, so that both repositories deploy the same objects to the same places.
"""
import shutil
import sys
from pathlib import Path

ENVIRONMENTS = ("dev", "staging", "prod")

SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec:
  interval: 1m
  ref: {{branch: main}}
  url: https://github.com/org/ml-gitops
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: flux-system, namespace: flux-system}}
spec:
  interval: 10m
  path: ./clusters/{env}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: {model}, namespace: ml-serving-{env}}}
spec:
  interval: 10m
  chart:
    spec:
      chart: ./{path}
      reconcileStrategy: Revision
      sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}
  driftDetection: {{mode: enabled}}
"""
KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {model}, namespace: flux-system}}
spec:
  interval: 10m
  path: ./{path}
  prune: true
  targetNamespace: ml-serving-{env}
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""


def fluxify(root):
    shutil.rmtree(root / "argocd", ignore_errors=True)
    models = sorted(path.name for path in (root / "models").iterdir())
    for env in ENVIRONMENTS:
        cluster = root / "clusters" / env
        (cluster / "flux-system").mkdir(parents=True)
        (cluster / "models").mkdir()
        (cluster / "flux-system" / "gotk-sync.yaml").write_text(SYNC.format(env=env))
        for model in models:
            chart = root / "models" / model / "environments" / env
            overlay = root / "models" / model / "overlays" / env
            folder, template = (chart, RELEASE) if chart.is_dir() else (overlay, KUSTOMIZATION)
            path = folder.relative_to(root).as_posix()
            text = template.format(model=model, env=env, path=path)
            (cluster / "models" / f"{model}.yaml").write_text(text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fluxify(Path(sys.argv[1]))
