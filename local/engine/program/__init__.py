"""The program's side: its process, and the gRPC services that the SDK in it speaks to."""
