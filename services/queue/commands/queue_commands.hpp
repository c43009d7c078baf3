// QueueCommands: SQS's operations on queues themselves.
//
// Deleting a queue and creating it anew at once works: AWS makes callers wait for 60 seconds
// (QueueDeletedRecently), which only protects its own caches.
#pragma once

#include "common/schema/dead_letters.hpp"
#include "common/schema/queue.hpp"
#include "common/service/caller.hpp"
#include "services/queue/commands/access.hpp"
#include "services/queue/lanes/dispatcher.hpp"
#include "services/queue/messages/messages.hpp"
#include "services/queue/messages/move_tasks.hpp"
#include "services/queue/messages/sweeper.hpp"

namespace onput::queue {

inline constexpr Duration purge_interval_min = std::chrono::seconds(60);
inline constexpr std::uint32_t queues_listed_max = 1000;

struct QueueCommandParts {
    Catalogue& catalogue;
    Counters& counters;
    Messages& messages;
    Dispatcher& dispatcher;
    Sweeper& sweeper;
    MoveTasks& move_tasks;
};

class QueueCommands {
public:
    explicit QueueCommands(const QueueCommandParts& parts) : parts_(parts) {}

    // A second creation with the same values succeeds; with another value it is QueueNameExists.
    Result<schema::QueueInfo> create(const schema::CreateQueue& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::Empty> remove(const schema::DeleteQueue& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::QueueList> list(const schema::ListQueues& request, const Caller& caller) const;
    // The queues that give up messages into one. Functions that do are no queues, and left out.
    Result<schema::QueueList> list_sources(const schema::ListDeadLetterSources& request,
                                           const Caller& caller) const;
    Result<schema::QueueInfo> describe(const schema::DescribeQueue& request,
                                       const Caller& caller) const;
    Result<schema::Empty> set_attributes(const schema::SetQueueAttributes& request,
                                         const Caller& caller, Effects& effects);
    // Messages sent before are gone at once, those in flight too.
    Result<schema::Empty> purge(const schema::PurgeQueue& request, const Caller& caller,
                                Effects& effects);

private:
    // Whether the settings' dead-letter queue exists, is of the same account and region, and takes
    // letters from this queue.
    [[nodiscard]] Result<void> check_redrive(const Attributes& attributes, const Settings& settings,
                                             std::string_view account, std::string_view name) const;
    static schema::QueueInfo show(const Queue& queue);

    QueueCommandParts parts_;
};

}  // namespace onput::queue
