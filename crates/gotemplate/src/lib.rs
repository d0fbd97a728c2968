//! Go text/template with origins; knows no Helm.
