// ONPUT_CHECK: for what only a bug of ours can break. On in every build: it prints the condition
// and ends the process, whose supervisor starts it again from its durable state.
#pragma once

namespace onput {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace onput

#define ONPUT_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::onput::check_failed(#condition, __FILE__, __LINE__))
