#pragma once

namespace mma {

/// Makes SIGINT, SIGTERM and SIGUSR1 set a flag (the program's only global state); a second signal
/// ends the program at once. Called once, by main.
void watch_stop_signals();
/// The signal that asked this program to stop, or 0.
int stop_signal();
/// Throws Stopped if a signal came: for long work that has nothing to save.
void stop_if_asked();

}  // namespace mma
