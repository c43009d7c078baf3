// JobLog: what became of each job, attempt by attempt, for `onput trace`. One row per step; bounded
// in number and age, the oldest go first. Only of messages that say so (functions' jobs and
// delivered events): plain messages cost nothing here.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/age_clock.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/service/caller.hpp"
#include "services/queue/messages/records.hpp"

namespace onput::queue {

inline constexpr std::size_t job_steps_max = 200'000;
inline constexpr Duration job_steps_age_max = std::chrono::days(7);
inline constexpr std::size_t job_story_steps_max = 5'000;  // In one answer: the first ones.

class JobLog {
public:
    JobLog(const store::View& view, const AgeClock& age) : view_(view), age_(age) {}

    [[nodiscard]] Result<void> restore();

    // Its time is made one that ages no faster than time passes (AgeClock::stamp).
    void add(JobRecord record, store::Batch& batch);

    // Drops what is too old by AgeClock::at, a bounded number of rows at a time.
    void on_time(Timestamp age, store::Batch& batch);

    // The steps of a trace, by time.
    [[nodiscard]] Result<schema::TraceStory> trace(const schema::QueueTraceQuery& query,
                                                   const service::Caller& caller) const;

    [[nodiscard]] std::size_t size() const { return steps_.size(); }

private:
    struct Step {
        std::uint64_t sequence;
        Timestamp time;
        std::size_t trace_hash;
    };
    void remember(const Step& step);
    void drop_oldest(store::Batch& batch);

    const store::View& view_;
    const AgeClock& age_;
    std::deque<Step> steps_;  // By sequence.
    // Sequences by hash of the trace id; the row says which trace it really is.
    std::unordered_map<std::size_t, std::deque<std::uint64_t>> by_trace_;
    std::uint64_t last_sequence_ = 0;
};

}  // namespace onput::queue
