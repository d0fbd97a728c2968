//! Every function Helm v3.22 gives to templates exists: those of sprig v3.3, of Go's text/template,
//! and Helm's own (helm v3 pkg/engine/funcs.go). `env` and `expandenv`, which Helm takes away, do not.

#![allow(clippy::unwrap_used, reason = "a test that cannot build its chart has failed")]

mod support;

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, RenderOptions, render};
use mlgitops_yaml::{Origins, Reader};

const FUNCTIONS: &str = "
abbrev abbrevboth add add1 add1f addf adler32sum ago all and any append atoi b32dec b32enc b64dec
b64enc base bcrypt biggest buildCustomCert call camelcase cat ceil chunk clean coalesce compact
concat contains date dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual
default derivePassword dict dig dir div divf duration durationRound empty encryptAES eq ext fail
first float64 floor fromJson fromJsonArray fromToml fromYaml fromYamlArray ge genCA genCAWithKey
genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get
getHostByName gt has hasKey hasPrefix hasSuffix hello html htmlDate htmlDateInZone htpasswd include
indent index initial initials int int64 isAbs join js kebabcase keys kindIs kindOf last le len list
lookup lower lt max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact
mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
mustMergeOverwrite mustPrepend mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson
mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify ne nindent nospace not now omit
or osBase osClean osDir osExt osIsAbs pick pluck plural prepend print printf println quote randAlpha
randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll regexMatch
regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace required rest
reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase
sortAlpha split splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal
toJson toPrettyJson toRawJson toString toStrings toToml toYaml toYamlPretty tpl trim trimAll
trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until
untilStep untitle upper urlJoin urlParse urlquery uuidv4 values without wrap wrapWith
";

/// What Helm says of a name that is no function.
fn is_known(name: &str) -> bool {
    let template = format!("{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}");
    let files = support::Table::of(&[
        ("Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("templates/x.yaml", &template),
    ]);
    let chart = Chart::load(Reader::new(&files), &RepoPath::root());
    let rendered = render(Reader::new(&files), &chart, &RenderOptions::default(), &mut Origins::default());
    !rendered.problems.iter().any(|problem| problem.message.contains("not defined"))
}

#[test]
fn every_function_of_helm_is_one_here() {
    let names: Vec<&str> = FUNCTIONS.split_whitespace().collect();
    assert_eq!(names.len(), 236);
    let missing: Vec<&&str> = names.iter().filter(|name| !is_known(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for name in ["env", "expandenv", "nosuch"] {
        assert!(!is_known(name), "{name}");
    }
}
