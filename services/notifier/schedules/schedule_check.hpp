// What a schedule may say, in Scheduler's words when it may not. Pure.
#pragma once

#include "common/schema/schedules.hpp"

namespace onput::notifier {

// Its expression, times, window and target; not its zone, nor whether its group is there.
Result<void> check_schedule(const schema::ScheduleInfo& schedule);

std::unexpected<Error> invalid_schedule(std::string message);

}  // namespace onput::notifier
