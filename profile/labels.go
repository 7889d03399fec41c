package profile

// labelStore keeps the labels of samples when they were asked for.
type labelStore struct{}
