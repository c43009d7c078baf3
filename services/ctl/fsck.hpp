// The checks of `onput fsck`, for commands that make one of their own.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/fsck_report.hpp"

namespace onput::ctl {

// Each service's folder in a data directory, whose services are stopped. `not_found` when there is
// none, `permission_denied` when it is another user's. What cannot be checked is a failure of its
// report.
Result<std::vector<FolderReport>> check_data(const std::string& data, const FsckOptions& options);

}  // namespace onput::ctl
