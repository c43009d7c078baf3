// What a pipeline names without declaring it: looked up before anything is applied.
#pragma once

#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

// not_found with one line for each name that is neither declared nor there:
// "function 'speech' names queue 'dead', which is not there: declare it with [[queue]]".
Result<void> check_references(const Pipeline& pipeline, const Instance& instance, Peers& peers);

}  // namespace onput::ctl
