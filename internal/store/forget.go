package store

// ForgetError placeholder
type ForgetError struct{}

func (*ForgetError) Error() string { return "" }
