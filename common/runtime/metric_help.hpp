// What the metrics of all services mean: their `# HELP` lines. Their names are as public as
// messages are: dashboards and alerts hold them.
#pragma once

#include <string_view>

namespace onput::runtime {

// Empty for a family that is not known here.
std::string_view metric_help(std::string_view family);

}  // namespace onput::runtime
