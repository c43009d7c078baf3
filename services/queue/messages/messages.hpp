// Messages: every change of a message's status, in memory and in its rows at once. This is where
// the promises are kept:
//
//   - a message is in one queue until its rows go: by an acknowledgement, its retention, a purge;
//   - a lease is in a row before anyone hears of it, so a restart neither forgets a receive nor
//     hands a message out twice within its visibility time;
//   - dead-lettering, and moving back, removes here and adds there in one commit;
//   - the end of a job, and what its function's topic or destination gets, are one commit.
//
// Called by the parts of Core, which answer for who may do what. Whatever is handed an Effects
// writes into its batch.
#pragma once

#include <optional>
#include <string>

#include "common/base/age_clock.hpp"
#include "common/base/random.hpp"
#include "services/queue/commands/catalogue.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/lanes/workers.hpp"
#include "services/queue/messages/agenda.hpp"
#include "services/queue/messages/counters.hpp"
#include "services/queue/messages/invocation_record.hpp"
#include "services/queue/messages/job_log.hpp"
#include "services/queue/messages/notifications.hpp"
#include "services/queue/messages/record_cache.hpp"
#include "services/queue/messages/speech_task_log.hpp"

namespace onput::queue {

inline constexpr std::size_t record_cache_bytes = 64UL * 1024 * 1024;

// Rows read ahead when a queue's backlog is handed out, and the size of body up to which that pays.
inline constexpr std::size_t read_ahead_rows = 64;
inline constexpr std::size_t read_ahead_bytes_max = 256UL * 1024;
inline constexpr std::size_t read_ahead_body_bytes_max = 4096;

// Messages that outlived their retention are removed in portions of this many.
inline constexpr std::size_t expired_removed_at_once = 1000;

// Counts since the start of the process.
struct MessageStats {
    std::uint64_t sent = 0;
    std::uint64_t leased = 0;
    std::uint64_t removed = 0;
    std::uint64_t returned = 0;  // Leases that ended without an acknowledgement.
    std::uint64_t dead_lettered = 0;
    std::uint64_t expired = 0;
    std::uint64_t moved = 0;  // By move tasks.
};

struct LeaseTerms {
    Timestamp now;
    Duration visibility{};
    Worker* worker = nullptr;  // Over its lane; nothing: for a receive.
    std::span<const JobSize> among = all_sizes;
};

struct Leased {
    MessageNumber number;
    MessageStatus status;
    MessageRecord record;
};

// What the parts of Messages share with the rest of Core. All outlive it.
struct MessageParts {
    const store::View& view;
    Random& random;
    Catalogue& catalogue;
    Counters& counters;
    Workers& workers;
    JobLog& log;
    Agenda& agenda;
    Notifications& notifications;
    SpeechTaskLog& speech_tasks;
    const AgeClock& age;
    std::size_t messages_max = 0;  // Of all queues together.
};

class Messages {
public:
    explicit Messages(const MessageParts& parts) : parts_(parts), cache_(record_cache_bytes) {}

    // OverLimit when the queues cannot take another one.
    [[nodiscard]] Result<void> check_room() const;

    // Before each command: brings the cache back to its size.
    void begin() { cache_.trim(); }

    // Puts back what the store holds of a queue. Leases of workers go to Workers.
    Result<void> restore(Queue& queue, Timestamp now);
    // The highest ids that `restore` met, of messages and leases.
    [[nodiscard]] const CountersRecord& seen() const { return seen_; }

    MessageNumber add(Queue& queue, MessageRecord record, Timestamp now, Duration delay,
                      Effects& effects);

    // Hands out the oldest visible message that the terms allow, or nothing. Messages on the way
    // that are too old are dropped, and those received too often are dead-lettered, but no more
    // than expired_removed_at_once: nothing while some are visible means that there is more to do.
    Result<std::optional<Leased>> lease_oldest(Queue& queue, const LeaseTerms& terms,
                                               Effects& effects);

    // Ends a lease early: the message is visible again at `visible_at`, at once when that is not
    // after `now`. An attempt that never started is not counted; one that was lost with its worker
    // is counted apart.
    enum class Attempt { counted, uncounted, lost };
    struct Return {
        Timestamp now;
        Timestamp visible_at;
        Attempt attempt = Attempt::counted;
        std::string what{};  // For the job log; empty: nothing to say.
        std::string detail{};
        Failure failure{};  // Kept with a job whose attempt counted, when it has a code.
    };
    Result<void> give_back(Queue& queue, MessageNumber number, const Return& back,
                           Effects& effects);

    // The lease of an in-flight message ends at `visible_at` instead.
    void extend(Queue& queue, MessageNumber number, Timestamp visible_at, Effects& effects);

    // The message is done. It must be known to the queue's index.
    Result<void> remove(Queue& queue, MessageNumber number, Timestamp now,
                        const schema::JobOutcome& outcome, Effects& effects);

    // What a job ends with whose last attempt ended without a word of its worker: `failure`, and
    // after it what is known of an attempt before.
    Result<Failure> with_history(const Queue& queue, MessageNumber number,
                                 const MessageStatus& status, Failure failure) const;

    // Moves a message that the queue's index knows to the queue's dead letters. False: there is no
    // place for it, and it stays as it is.
    Result<bool> dead_letter(Queue& queue, MessageNumber number, const Failure& failure,
                             Timestamp now, Effects& effects);

    // A leased message that a mapping would hand to a function which its chain of events has
    // invoked too often: it goes to the dead letters, or stays leased where there are none. False:
    // it is none.
    Result<bool> end_loop(Queue& queue, const Leased& leased, const Queue& function, Timestamp now,
                          Effects& effects);

    // Moves a visible message to another queue, as a new message. The caller takes it out of the
    // index of the queue it leaves.
    void move(Queue& from, const MessageIndex::Candidate& message, MessageRecord record, Queue& to,
              Timestamp now, Effects& effects);

    // Removes an in-flight message whose input was refused and dealt with: a failure that is told
    // to the function's topic, and is no dead letter.
    Result<void> refuse(Queue& queue, MessageNumber number, const Failure& failure, Timestamp now,
                        Effects& effects);

    // A job of a function, and neither part nor join.
    Result<bool> is_whole_job(const Queue& queue, MessageNumber number);
    // A leased job goes on as parts: its message goes, and the first parts come. What a worker may
    // ask for is checked by the caller.
    Result<void> split(Queue& queue, MessageNumber number, const schema::LaneSplit& split,
                       Timestamp now, Effects& effects);

    // After how many receives a job's last attempt is over, or a message is a dead letter. 0:
    // never.
    Result<std::uint32_t> receives_max(const Queue& queue, const MessageIndex::Candidate& job);

    // A function's job that is a batch of messages of another queue.
    Result<bool> is_batch(const Queue& queue, MessageNumber number);

    // What a grant says besides of a part or a join; nothing of a whole job.
    Result<void> describe_step(const Queue& queue, const MessageRecord& record,
                               schema::LaneGrant& grant) const;

    // Ends the leases and delays that are over. A function's job whose last attempt ended this way
    // is dead-lettered.
    Result<void> wake(Queue& queue, Timestamp now, Effects& effects);

    // Removes some of the queue's oldest messages if they have outlived its retention. True: there
    // may be more.
    bool expire(Queue& queue, Timestamp now, Effects& effects);

    // The stored part of a message, without taking it out of the cache.
    Result<MessageRecord> read(const Queue& queue, MessageNumber number,
                               const MessageStatus& status);

    // What a message's story in the job log says next, if it has one.
    struct Step {
        Timestamp now;
        std::string what;
        std::string detail;
    };
    void log(const Queue& queue, const MessageRecord& record, Step step, Effects& effects);

    // What is made now was made at this time, as ages are counted.
    [[nodiscard]] Timestamp stamp(Timestamp now) const { return parts_.age.stamp(now); }

    void check_splits(const Queue& queue) const;
    [[nodiscard]] const MessageStats& stats() const { return stats_; }
    [[nodiscard]] std::size_t size() const { return size_; }  // Of all queues.
    // The queue's messages are gone from its index; their rows go by Sweeper.
    void forget(Queue& queue);

private:
    using Candidate = MessageIndex::Candidate;

    Result<MessageRecord> load(const Queue& queue, MessageNumber number,
                               const MessageStatus& status) const;
    Result<MessageRecord> take(const Queue& queue, const Candidate& candidate);
    void read_ahead(const Queue& queue, MessageNumber after);
    void remove_rows(const Queue& queue, MessageNumber number, const MessageStatus& status,
                     Effects& effects);
    void write_lease(const Queue& queue, MessageNumber number, MessageStatus& status,
                     Effects& effects);
    // How many jobs of it have failed for good.
    Result<void> restore_failures(Queue& function) const;
    Result<bool> dead_letter(Queue& queue, const Candidate& candidate, const Failure& failure,
                             Timestamp now, Effects& effects);
    Result<void> dead_letter_job(Queue& queue, const MessageStatus& status, MessageRecord record,
                                 const Failure& failure, Timestamp now, Effects& effects);
    // The message to its topic, and the state of a speech task.
    Result<void> note_end(const JobEnd& end, Effects& effects);
    // Likewise, and the event, and the line of the log. Empty ARN: no dead letter.
    Result<void> note_failure(const JobEnd& end, const std::string& dead_letter_arn,
                              Effects& effects);
    // A batch was answered: its messages go, but for those that the answer names.
    Result<void> settle_batch(const MessageRecord& job, const std::string& response, Timestamp now,
                              Effects& effects);
    // Of the alias by which a job of the function came (event_terms.cpp). Null: the function's own
    // are meant.
    [[nodiscard]] const schema::AliasEvents* alias_events(const schema::FunctionInfo& function,
                                                          const MessageRecord& job) const;
    // Whether jobs have to be looked into for that.
    [[nodiscard]] bool has_alias_events(const Queue& queue) const;
    [[nodiscard]] bool may_have_destination(const Queue& queue) const;
    Result<bool> is_event_too_old(const Queue& queue, const Candidate& job, Timestamp now);
    // To the function's destination, if it has one for this end (destinations.cpp).
    void tell_destination(const InvocationEnd& end, Effects& effects);
    void drop_oldest(Queue& queue, const Candidate& candidate, Effects& effects);
    // Of jobs that were split (parts.cpp).
    struct PartDone {
        Timestamp now;
        const schema::JobOutcome& outcome;
    };
    Result<void> end_part(Queue& queue, const Candidate& part, const MessageRecord& record,
                          const PartDone& end, Effects& effects);
    struct PartFailed {
        Timestamp now;
        const Failure& failure;
    };
    // A part that fails for good: the others go, and the join is to put away what they have left.
    // The caller takes the part's message out of the index.
    Result<void> fail_part(Queue& queue, const Candidate& part, const MessageRecord& record,
                           const PartFailed& end, Effects& effects);
    // A join that fails for good, while there was something to join: another one is to put away
    // what the parts have left. False: it is no such join. The caller takes its message out of the
    // index.
    Result<bool> fail_join(Queue& queue, const Candidate& join, const MessageRecord& record,
                           const PartFailed& end, Effects& effects);
    // The rows of a split job go with its join.
    Result<void> end_join(Queue& queue, const MessageRecord& record, Effects& effects);
    void queue_parts(Queue& queue, SplitStateRecord& state, const MessageRecord& job, Timestamp now,
                     Effects& effects);
    void queue_join(Queue& queue, SplitStateRecord& state, MessageRecord job, Timestamp now,
                    Effects& effects);
    // Nothing: its row is damaged, and its parts end without a join.
    [[nodiscard]] Result<std::optional<MessageRecord>> split_job(const Queue& queue,
                                                                 std::uint64_t job) const;
    MessageStatus restore_standing(const Queue& queue, const LeaseRecord& record,
                                   const MessageKey& key, Timestamp now);
    void end_in_flight(const Candidate& ended);
    [[nodiscard]] bool is_in_loop(const Queue& queue, const MessageRecord& record) const;
    Result<void> end_loop(Queue& queue, const Candidate& candidate, MessageRecord record,
                          Timestamp now, Effects& effects);
    void hand_out(Queue& queue, Leased& leased, const LeaseTerms& terms, Effects& effects);

    MessageParts parts_;
    RecordCache cache_;
    MessageStats stats_;
    std::size_t size_ = 0;
    CountersRecord seen_;
};

}  // namespace onput::queue
