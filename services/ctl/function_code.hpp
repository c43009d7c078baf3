// The code of users' own handlers: packed into a zip, and uploaded into a bucket from where workers
// take it.
#pragma once

#include <string>

#include "common/schema/function.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {

// Where code goes that names no other bucket.
inline constexpr std::string_view default_code_bucket = "onput-functions";
inline constexpr std::size_t code_files_max = 50'000;
inline constexpr std::uint64_t code_bytes_max = 250ULL * 1024 * 1024;

// The zip of a file, of a folder, or a zip as it is; the same code gives the same zip. Folders
// named .git and __pycache__ are left out. invalid_argument: there is no such code, it has too
// much, or it holds a link.
Result<std::string> pack_code(const std::string& path);

// Fills in `function.handler` from what the pipeline says, and from the code's name what it does
// not say: handler.py is runtime python3.11 and handler "handler.lambda_handler", handler.js is
// nodejs20.x and "handler.handler". Uploads the code to `<function>/<sha256>.zip`, unless it is
// there, into a bucket that is made if need be.
Result<void> add_code(const PipelineFunction& wanted, Peers& peers, schema::FunctionInfo& function);

}  // namespace onput::ctl
