// RequestLines: which lines of a function's log belong to one invocation: those of its environment
// between its START and its REPORT. Pure.
#pragma once

#include <string>
#include <utility>

#include "common/schema/logs.hpp"

namespace onput::ctl {

class RequestLines {
public:
    // Empty: all lines belong.
    explicit RequestLines(std::string request_id) : request_id_(std::move(request_id)) {}

    // Whether this one does. Told all events in the order of time.
    bool takes(const schema::FoundLogEvent& event);

private:
    std::string request_id_;
    std::string stream_;  // Where it runs now; empty: nowhere.
};

}  // namespace onput::ctl
