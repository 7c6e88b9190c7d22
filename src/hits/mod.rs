//! Hit lists: write, finish, cluster.
