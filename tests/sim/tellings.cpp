#include "tests/sim/tellings.hpp"

namespace onput::sim {

void Tellings::handed_over(std::uint64_t number, const std::string& row) {
    const auto [known, is_new] = rows_.emplace(number, row);
    world_.expect(known->second == row, "a row of the queue's outbox changed on its way");
    if (!is_new) return;
    const auto message = schema::decode<schema::TopicMessage>(row);
    if (!message) return world_.broken("a notification cannot be read");
    const std::string& event_id = message->trace.cause_event_id;
    const bool is_good = message->topic_arn == told_good_arn;
    world_.note("told of " + event_id.substr(0, 6) + ": " + message->subject);
    world_.expect(is_good || message->topic_arn == told_bad_arn, "an unknown topic is told");
    world_.expect(message->subject.find(is_good ? "succeeded" : "failed") != std::string::npos,
                  "a topic is told of another end: " + message->subject);
    world_.expect(told_.emplace(event_id, is_good).second,
                  "a job is told twice: " + message->subject);
    world_.expect(!is_good || handovers_.is_done(event_id),
                  "a job is told of that has not ended: " + message->subject);
}

void Tellings::check_end() const {
    std::size_t jobs = 0;
    handovers_.for_each_job([&](const std::string& event_id, bool is_done) {
        ++jobs;
        const auto told = told_.find(event_id);
        world_.expect(told != told_.end(), "the end of a job was not told: event " + event_id);
        world_.expect(told == told_.end() || told->second == is_done,
                      "the wrong end of a job was told: event " + event_id);
    });
    world_.expect(jobs == told_.size(), "topics were told of what is no job");
    world_.expect(rows_.size() == taken_through_ &&
                      (rows_.empty() || rows_.rbegin()->first == taken_through_),
                  "the rows of the queue's outbox have a hole, or were not taken");
}

}  // namespace onput::sim
