// A picture of our own for the demo: a landscape, as PNG. Pure; the same bytes each time.
#pragma once

#include <cstdint>
#include <string>

namespace onput::ctl {

inline constexpr std::uint32_t demo_picture_width = 1200;
inline constexpr std::uint32_t demo_picture_height = 800;

std::string make_demo_picture();

}  // namespace onput::ctl
