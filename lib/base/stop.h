#pragma once

namespace mma {

/// Makes SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU set a flag (the program's only
/// global state): what runs saves and ends. SIGHUP stays ignored where it was, as under nohup. A
/// second SIGINT or SIGTERM ends the program at once, for one that hangs; but not within a second
/// of the first signal, since terminals, shells and batch systems send some twice, and not within a
/// Saving. Called once, by main.
void watch_stop_signals();
/// The signal that asked this program to stop, or 0.
int stop_signal();
/// Throws Stopped if a signal came: for long work that has nothing to save.
void stop_if_asked();

/// While one lives, no second signal ends the program: around what must be written to its end.
class Saving {
 public:
  Saving();
  ~Saving();
  Saving(const Saving&) = delete;
  Saving& operator=(const Saving&) = delete;
};

}  // namespace mma
