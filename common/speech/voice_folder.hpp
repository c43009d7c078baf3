// Where natural voices are installed, beside the programs that speak with them.
#pragma once

#include <string>

namespace onput::speech {

// ../share/onput/voices of the folder that this program lies in: /usr/share/onput/voices for
// /usr/bin/onput-tts. Empty when that cannot be known.
std::string default_voices_folder();

}  // namespace onput::speech
