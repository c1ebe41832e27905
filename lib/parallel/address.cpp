#include "parallel/address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/files.h"

namespace mma {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses look_up(const std::string& host, int port, int type) {
  addrinfo hints = {}, *found = nullptr;
  hints.ai_socktype = type;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0)
    throw MachineError(
        fmt::format("{}: this machine does not know the address ({}); set "
                    "MASTER_ADDR to one that every process of the run reaches",
                    printable(host), ::gai_strerror(error)));
  return {found, &::freeaddrinfo};
}

}  // namespace

int listen_on(const std::string& address, int port) {
  auto found = look_up(address, port, SOCK_STREAM);
  int error = 0;
  for (auto* a = found.get(); a; a = a->ai_next) {
    Descriptor fd(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    const int yes = 1;
    if (fd.get() >= 0 && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        ::bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd.get(), SOMAXCONN) == 0)
      return fd.release();
    error = errno;
  }
  throw MachineError(
      fmt::format("{}:{}: rank 0 cannot listen there: {}; set MASTER_ADDR to an address of rank "
                  "0's machine and "
                  "MASTER_PORT to a free port",
                  printable(address), port, std::strerror(error)));
}

std::string own_address(const std::string& other, int port) {
  auto found = look_up(other, port, SOCK_DGRAM);
  int error = 0;
  for (auto* a = found.get(); a; a = a->ai_next) {
    Descriptor fd(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    sockaddr_storage own = {};
    socklen_t size = sizeof(own);
    char text[NI_MAXHOST] = "";
    if (fd.get() >= 0 && ::connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0 &&
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text, sizeof(text), nullptr, 0,
                      NI_NUMERICHOST) == 0)
      return text;
    error = errno;
  }
  throw MachineError(fmt::format("{}: this machine does not reach it: {}", printable(other),
                                 std::strerror(error)));
}

}  // namespace mma
