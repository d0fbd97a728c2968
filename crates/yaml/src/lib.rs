//! Text with origins, spanned trees, nodes, and scalars as Go reads them.
