// Runs something in another process one instruction at a time, and looks after each at what it has
// left behind in shared memory so far: what a death at this place would leave.
#pragma once

#include "support/shared_memory.hpp"

#include <sys/ptrace.h>

namespace ciam::test {

/// The number of instructions; 0 when this system does not let a process be stepped.
template <class Act, class Look> std::size_t step_through(Act act, Look look)
{
    const auto child = start_process([&] {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
            return false;
        }
        raise(SIGSTOP);
        act();
        raise(SIGSTOP);
        return true;
    });
    int status = 0;
    std::size_t steps = 0;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL); // a test that fails leaves nobody
    while (WIFSTOPPED(status)) {
        if (WSTOPSIG(status) == SIGSTOP && steps > 0) {
            kill_process(child);
            break;
        }
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
            kill_process(child);
            return 0;
        }
        waitpid(child, &status, 0);
        look(steps++);
    }
    return steps;
}

} // namespace ciam::test
