// How lines of handlers' logs are shown on a terminal. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput::ctl {

// Lines with what a terminal obeys made visible; tabs are a log's own way of columns.
std::string printable_log(std::string_view text);

}  // namespace onput::ctl
