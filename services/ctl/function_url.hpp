// The HTTP address of a function, as `onput function` gives and shows it. The function and who may
// invoke it there is the queue service's; where its host leads is the gateway's.
#pragma once

#include <string>

#include "services/ctl/instance.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

struct FunctionUrlWish {
    std::string function;
    std::string auth_type;  // "AWS_IAM"; "NONE": its policy is made to let everybody in.
};
// Gives the function that address, or changes its auth_type. A policy that lets everybody in is
// taken back with AWS_IAM. Answers {"url", "http://...", "created"}, "updated" or "unchanged".
// Errors: of the queue service; unavailable: the gateway does not answer.
Result<PipelineChange> apply_function_url(const FunctionUrlWish& wish, const Instance& instance,
                                          Peers& peers);

// The JSON list of its addresses in the words of Lambda's API; empty: it has none. Errors: as
// above.
Result<std::string> describe_function_urls(const std::string& function, const Instance& instance,
                                           Peers& peers);

}  // namespace onput::ctl
