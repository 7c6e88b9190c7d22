//! Rule sets on hand-made pairs, their laws, and the errors of their files.
use super::*;
