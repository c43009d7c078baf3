// Tellings: the promises about what topics are told of the ends of jobs.
//
//   1. A notification and the end of its job survive a crash together: none is handed over of a job
//      that has not ended for good.
//   2. Every job that ended is told once, to the topic of its end: one row of the outbox, handed
//      over at least once, the same each time. Nothing else is told.
#pragma once

#include <map>
#include <string>

#include "common/schema/events.hpp"
#include "tests/sim/handovers.hpp"

namespace onput::sim {

inline const std::string told_good_arn = "arn:aws:sns:us-east-1:000000000000:good";
inline const std::string told_bad_arn = "arn:aws:sns:us-east-1:000000000000:bad";

class Tellings {
public:
    Tellings(World& world, const Handovers& handovers) : world_(world), handovers_(handovers) {}

    // A row of the queue's outbox reaches the notifier.
    void handed_over(std::uint64_t number, const std::string& row);
    // The notifier has it durably.
    void taken(std::uint64_t number) { taken_through_ = std::max(taken_through_, number); }

    // Everything has come to rest.
    void check_end() const;

private:
    World& world_;
    const Handovers& handovers_;
    std::map<std::uint64_t, std::string> rows_;  // As they were handed over, by number.
    std::map<std::string, bool> told_;           // By the event of the job: whether it succeeded.
    std::uint64_t taken_through_ = 0;
};

}  // namespace onput::sim
