// DeadLetterCommands: which dead letters there are, and SQS's operations on message move tasks.
//
// Beyond SQS: letters of functions go back to their functions, and messages that cannot go back
// stop no others.
#pragma once

#include "common/base/random.hpp"
#include "common/schema/dead_letters.hpp"
#include "common/service/caller.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/messages/move_tasks.hpp"

namespace onput::queue {

// Of an account, at a time; as on SQS.
inline constexpr std::size_t move_tasks_running_max = 100;

// Rows looked at for one page of dead letters, and bytes of them.
inline constexpr std::size_t letters_page_rows = 1000;
inline constexpr std::size_t letters_page_bytes = 4UL * 1024 * 1024;

struct DeadLetterParts {
    const store::View& view;
    Catalogue& catalogue;
    const Counters& counters;
    MoveTasks& tasks;
    Random& random;
};

class DeadLetterCommands {
public:
    explicit DeadLetterCommands(const DeadLetterParts& parts) : parts_(parts) {}

    Result<schema::MoveTaskStarted> start(const schema::StartMoveTask& request,
                                          const Caller& caller, Effects& effects);
    Result<schema::MoveTaskList> list(const schema::ListMoveTasks& request,
                                      const Caller& caller) const;
    Result<schema::MoveTaskCancelled> cancel(const schema::CancelMoveTask& request,
                                             const Caller& caller, Effects& effects);
    Result<schema::DeadLetterList> letters(const schema::ListDeadLetters& request,
                                           const Caller& caller) const;

private:
    // The caller's own queue of this ARN.
    [[nodiscard]] Result<Queue*> find_source(const std::string& arn, const Caller& caller,
                                             std::string_view action) const;
    [[nodiscard]] Result<void> check_destination(const Queue& source, const std::string& arn,
                                                 const Caller& caller) const;

    DeadLetterParts parts_;
};

}  // namespace onput::queue
