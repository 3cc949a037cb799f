//! Downloads from a server in process that cuts, throttles, redirects and changes its mind.
