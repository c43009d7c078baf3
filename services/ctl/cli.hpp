// The command line of `onput`: arguments to one of the commands in commands.hpp.
#pragma once

namespace onput::ctl {

int run(int argc, char** argv);

}  // namespace onput::ctl
