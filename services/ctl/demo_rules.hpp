// A rule on a bus and a schedule, for the demo: what they put into a queue. On an instance of the
// demo's own, which it leaves with both.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "services/ctl/instance.hpp"

namespace onput::ctl {

struct DemoStage {
    const Instance& instance;
    std::function<void(const std::string&)> narrate;
    // Waits for a moment; fails when the demo has lasted too long.
    std::function<Result<void>(const std::string& what)> pause;
};
Result<void> show_rules(const DemoStage& stage);

}  // namespace onput::ctl
